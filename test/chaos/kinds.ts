import { inline, tasks } from 'millrace';
import type { Outcome, Task, TaskOptions } from 'millrace';
import type { Random } from './random.ts';

type Work = Record<string, (index: number, argument?: unknown) => unknown>;
const url = new URL('../tasks.mjs', import.meta.url);
const work = tasks<Work>(url) as Record<string, (index: number, argument?: unknown) => Task<unknown>>;
const missing = tasks<Work>(new URL('../nowhere.mjs', import.meta.url));

/** One task of the mixture, with what may become of it by itself. */
export interface Draft {
  readonly kind: string;
  readonly task: Task<unknown>;
  readonly options: TaskOptions;
  /** How often it may be begun. */
  readonly maxRuns: number;
  /** Is this how such a task ends when nobody interferes? */
  readonly expected: (outcome: Outcome<unknown>) => boolean;
  /** Somebody cancels it after so many turns of the event loop; undefined: nobody does. */
  readonly cancelAfter?: number;
}

type Make = (
  index: number,
  random: Random,
  act: () => void,
) => Partial<Draft> & Pick<Draft, 'task' | 'expected'>;

const make = (name: string, index: number, argument?: unknown): Task<unknown> =>
  argument === undefined
    ? (work[name] as NonNullable<(typeof work)[string]>)(index)
    : (work[name] as NonNullable<(typeof work)[string]>)(index, argument);

const returns = (value: unknown) => (outcome: Outcome<unknown>) =>
  outcome.status === 'fulfilled' && outcome.value === value;
const rejects =
  (matches: (reason: { name?: string; code?: string; phase?: string; cause?: unknown }) => boolean) =>
  (outcome: Outcome<unknown>) =>
    outcome.status === 'rejected' && matches(outcome.reason ?? {});
const crashes = rejects(({ name }) => name === 'WorkerCrashedError');
/** While it waits, another one may take its thread down, and one of its own be cut short by a shutdown. */
const lostWithOthers = rejects(({ name }) => name === 'WorkerCrashedError' || name === 'ExecutorClosedError');
const cancelled = (outcome: Outcome<unknown>) => outcome.status === 'cancelled';
const timesOut = rejects(({ name }) => name === 'TaskTimeoutError');
const either =
  (...all: ((outcome: Outcome<unknown>) => boolean)[]) =>
  (outcome: Outcome<unknown>) =>
    all.some((is) => is(outcome));

const plain =
  (name: string): Make =>
  (index) => ({ task: make(name, index), expected: returns(index) });

/** Does something when it is cloned. */
const getter = (act: () => void): object => ({
  get acts() {
    act();
    return 1;
  },
});

/** Weight, and how to make one. The rare ones end a thread, which costs some 50 ms each. */
const kinds: Record<string, readonly [weight: number, make: Make]> = {
  quick: [6000, plain('quick')],
  slow: [
    200,
    (index, random) => ({ task: make('slow', index, random.integer(100, 3000)), expected: returns(index) }),
  ],
  asynchronous: [
    300,
    (index, random) => ({
      task: make('asynchronous', index, random.integer(0, 3)),
      expected: returns(index),
    }),
  ],
  urgent: [
    400,
    (index, random) => ({
      task: make('quick', index),
      options: { priority: random.integer(-5, 5) },
      expected: returns(index),
    }),
  ],
  reporting: [150, plain('reporting')],
  printing: [
    100,
    (index, random) => ({
      task: make('printing', index, random.integer(1, 40)),
      expected: returns(index),
    }),
  ],
  entering: [150, plain('entering')],
  enteringLater: [50, plain('enteringLater')],
  pretending: [30, plain('pretending')],
  spoiling: [2, plain('spoiling')],
  thenable: [50, plain('thenable')],
  inline: [50, (index) => ({ task: inline((n: number) => n, index), expected: returns(index), maxRuns: 0 })],
  failing: [
    600,
    (index) => ({
      task: make('failing', index),
      expected: rejects(
        ({ name, code, cause }) => name === 'RangeError' && code === 'E_CHAOS' && cause === index,
      ),
    }),
  ],
  falsy: [
    80,
    (index) => ({
      task: make('falsy', index),
      expected: (outcome) =>
        outcome.status === 'rejected' && outcome.reason === [undefined, null, 0, '', false][index % 5],
    }),
  ],
  uncloneable: [
    60,
    (index) => ({
      task: make('uncloneable', index),
      expected: rejects(({ name }) => name === 'DataCloneError'),
    }),
  ],
  generator: [
    20,
    (index) => ({ task: make('generator', index), expected: (outcome) => outcome.status === 'rejected' }),
  ],
  acting: [
    150,
    (index, _, act) => ({ task: make('quick', index, { acts: getter(act) }), expected: returns(index) }),
  ],
  actingUnsent: [
    30,
    (index, _, act) => ({
      task: make('unsent', index, { acts: getter(act), not: () => {} }),
      maxRuns: 0,
      expected: rejects(({ name }) => name === 'DataCloneError'),
    }),
  ],
  unsent: [
    60,
    (index) => ({
      task: make('unsent', index, () => {}),
      maxRuns: 0,
      expected: rejects(({ name }) => name === 'DataCloneError'),
    }),
  ],
  missing: [
    30,
    (index) => ({
      task: (missing['nothing'] as NonNullable<(typeof missing)[string]>)(index),
      maxRuns: 0,
      expected: rejects(({ name }) => name === 'InvalidTaskError'),
    }),
  ],
  moved: [
    300,
    (index, random) => {
      const bytes = new Uint8Array(random.integer(1, 100_000));
      return {
        task: make('moved', index, bytes).with({ transfer: [bytes.buffer] }),
        expected: (outcome) =>
          outcome.status === 'fulfilled' && (outcome.value as Uint8Array)[0] === (index & 0xff),
      };
    },
  ],
  copied: [
    200,
    (index, random) => {
      const bytes = Buffer.alloc(random.integer(0, 20_000), index & 0xff);
      return {
        task: make('copied', index, bytes),
        expected: (outcome) =>
          outcome.status === 'fulfilled' && bytes.equals((outcome.value as { bytes: Buffer }).bytes),
      };
    },
  ],
  cancelled: [
    600,
    (index, random) => ({
      task: make('quick', index),
      cancelAfter: random.integer(0, 4),
      expected: either(returns(index), cancelled),
    }),
  ],
  cooperative: [
    30,
    (index, random) => ({
      task: make('cooperative', index),
      cancelAfter: random.integer(0, 20),
      expected: cancelled,
    }),
  ],
  late: [
    200,
    (index, random) => ({
      task: make('slow', index, random.integer(0, 500)),
      options: { deadlineMs: random.integer(0, 20) },
      expected: either(returns(index), timesOut),
    }),
  ],
  impatient: [
    200,
    (index, random) => ({
      task: make('quick', index),
      options: { maxWaitMs: random.integer(0, 5) },
      expected: either(
        returns(index),
        rejects(({ name }) => name === 'SaturatedError'),
      ),
    }),
  ],
  spinning: [
    6,
    (index) => ({ task: make('spinning', index), options: { timeoutMs: 20 }, expected: timesOut }),
  ],
  never: [6, (index) => ({ task: make('never', index), options: { timeoutMs: 20 }, expected: timesOut })],
  interrupted: [
    6,
    (index, random) => ({
      task: make('spinning', index),
      options: { interrupt: true },
      cancelAfter: random.integer(0, 50),
      expected: cancelled,
    }),
  ],
  nesting: [
    60,
    (index, random) => {
      const shape = { levels: random.integer(0, 3), width: random.integer(1, 3), exits: false };
      const nodes = Array.from({ length: shape.levels + 1 }, (_, level) => shape.width ** level);
      const size = nodes.reduce((sum, count) => sum + count, 0);
      return { task: make('nesting', index, shape), expected: either(returns(size), lostWithOthers) };
    },
  ],
  nestingCrash: [
    2,
    (index, random) => ({
      task: make('nesting', index, { levels: random.integer(1, 2), width: 2, exits: true }),
      expected: either(crashes, lostWithOthers),
    }),
  ],
  exiting: [8, (index) => ({ task: make('exiting', index), expected: crashes })],
  exitingOnce: [
    6,
    (index) => ({
      task: make('exitingOnce', index),
      options: { retries: 1 },
      maxRuns: 2,
      expected: returns(index),
    }),
  ],
  throwing: [4, (index) => ({ task: make('throwing', index), expected: crashes })],
  throwingLater: [
    4,
    (index) => ({ task: make('throwingLater', index), expected: either(returns(index), crashes) }),
  ],
  eating: [1, (index) => ({ task: make('eating', index), expected: crashes })],
};

/** Of the mixture; iterations are opened by producers of their own. */
export const kindNames: readonly string[] = [...Object.keys(kinds), 'iteration', 'source'];
const total = Object.values(kinds).reduce((sum, [weight]) => sum + weight, 0);

/**
 * A task of a random kind.
 *
 * @param act what the getters among its arguments do.
 */
export function draft(index: number, random: Random, act: () => void = () => {}): Draft {
  let left = random.next() * total;
  for (const [kind, [weight, makeOne]] of Object.entries(kinds)) {
    left -= weight;
    if (left < 0) return { kind, options: {}, maxRuns: 1, ...makeOne(index, random, act) };
  }
  throw new Error('the weights do not add up');
}
