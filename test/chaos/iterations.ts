import { setImmediate as turn } from 'node:timers/promises';
import { ExecutorClosedError, SaturatedError, tasks } from 'millrace';
import type { Executor, GeneratorTask, IterateOptions, Outcome, TaskIteration } from 'millrace';
import type { Draft } from './kinds.ts';
import { isMeddled } from './meddler.ts';
import type { Random } from './random.ts';
import type { Tally } from './tally.ts';

interface Shape {
  readonly items: number;
  readonly end: 'return' | 'throw' | 'exit';
  /** Bytes of an item that is a buffer; else it is a small row. */
  readonly bytes: number;
  readonly isAsync: boolean;
  /** Counts what was yielded. */
  readonly yielded: SharedArrayBuffer;
}

const work = tasks<{ yielding(index: number, shape: Shape): Generator<Item, number> }>(
  new URL('../tasks.mjs', import.meta.url),
);

interface Item {
  readonly n: number;
}

/** What an iteration takes from the stage that it plays on. */
export interface IterationParts {
  readonly executor: Executor;
  readonly random: Random;
  readonly tally: Tally;
  readonly isClosing: () => boolean;
  /** A number for one more task; undefined if there are no more. */
  readonly take: () => number | undefined;
}

const isLost = (outcome: Outcome<unknown>) =>
  outcome.status === 'rejected' && (outcome.reason as Error).name === 'WorkerCrashedError';
const isLate = (outcome: Outcome<unknown>) =>
  outcome.status === 'rejected' && (outcome.reason as Error).name === 'TaskTimeoutError';

/** Opens one, and reads it in one of the ways in which people do. Resolves when it is over and its worker is free of it. */
export async function playIteration(index: number, { executor, random, tally, isClosing }: IterationParts) {
  const window = random.pick([1, 2, 7, 100, 1000]);
  const yielded = new SharedArrayBuffer(4);
  const shape: Shape = {
    items: random.pick([0, 1, 5, 50, 700]),
    end: random.chance(0.02) ? 'exit' : random.chance(0.1) ? 'throw' : 'return',
    bytes: random.chance(0.1) ? random.integer(1, 50_000) : 0,
    isAsync: random.chance(0.3),
    yielded,
  };
  const controller = new AbortController();
  const abortAfter = random.chance(0.1) ? random.integer(0, 30) : undefined;
  const options: IterateOptions = {
    window,
    ...(random.chance(0.2) && { windowBytes: random.integer(1, 100_000) }),
    ...(abortAfter !== undefined && { signal: controller.signal }),
    ...(random.chance(0.1) && { deadlineMs: random.integer(0, 50) }),
    ...(random.chance(0.1) && { retries: 1 }),
    ...(random.chance(0.2) && { priority: random.integer(-3, 3) }),
  };
  const draft: Draft = {
    kind: 'iteration',
    task: undefined as never,
    options,
    maxRuns: options.retries === 1 ? 2 : 1,
    expected: (outcome) =>
      isLost(outcome) ||
      (options.deadlineMs !== undefined && isLate(outcome)) ||
      (outcome.status === 'cancelled' && (outcome.reason as Error).name === 'AbortError') ||
      (shape.end === 'return' && outcome.status === 'fulfilled' && outcome.value === index) ||
      (shape.end === 'throw' &&
        outcome.status === 'rejected' &&
        (outcome.reason as Error).name === 'RangeError'),
  };
  tally.drafted(index, draft);
  let task: GeneratorTask<Item, number> = work.yielding(index, shape);
  if (random.chance(0.5)) task = task.with({ label: 'iteration' });
  const iteration = executor.iterate(task, options);
  if (abortAfter !== undefined) void turns(abortAfter).then(() => controller.abort());
  const outcome = iteration.future.outcome();
  const made = new Int32Array(yielded);
  let read = 0;
  /** @param inHand items that the reader has taken and not checked. */
  const check = (item: Item, inHand = 0) => {
    if (item.n !== read) tally.violate(`item ${item.n} of iteration ${index} came after ${read} others`);
    read++;
    const ahead = Atomics.load(made, 0) - read;
    if (ahead > window + inHand)
      tally.violate(`iteration ${index} is ${ahead} ahead, with a window of ${window}`);
  };
  await readIn(iteration, random, check);
  const ended = await outcome;
  const { reason } = ended.status === 'fulfilled' ? { reason: undefined } : ended;
  const isRefused =
    reason instanceof SaturatedError || (reason instanceof ExecutorClosedError && made[0] === 0);
  if (ended.status === 'rejected' && isRefused) tally.refused(index, draft, false);
  else tally.ended(index, draft, ended, isClosing() || isMeddled(reason));
  if (ended.status === 'fulfilled' && read > shape.items) tally.violate(`iteration ${index} repeated itself`);
}

async function readIn(
  iteration: TaskIteration<Item>,
  random: Random,
  check: (item: Item, inHand?: number) => void,
): Promise<void> {
  const how = random.pick(['fast', 'slow', 'leave', 'still', 'many'] as const);
  const most = how === 'leave' || how === 'still' ? random.integer(0, 20) : Infinity;
  try {
    if (how === 'still') {
      for (let left = most; left > 0; left--) {
        const { done, value } = await iteration.next();
        if (done === true) return;
        check(value);
      }
      await turns(random.integer(0, 200));
      await iteration.return();
    } else if (how === 'many') {
      for (;;) {
        const steps = await Promise.all(Array.from({ length: 5 }, () => iteration.next()));
        // Those behind it have been taken as well.
        for (const { done, value } of steps) if (done !== true) check(value, 4);
        if (steps.at(-1)?.done === true) return;
      }
    } else {
      let read = 0;
      for await (const item of iteration) {
        check(item);
        if (++read > most) break;
        if (how === 'slow' && random.chance(0.3)) await turn();
      }
    }
  } catch {
    // How it ended the future tells.
  }
}

async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await turn();
}
