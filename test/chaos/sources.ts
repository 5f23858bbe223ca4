import { setImmediate as turn } from 'node:timers/promises';
import { ExecutorClosedError, SaturatedError, tasks } from 'millrace';
import type { Outcome, TaskOptions } from 'millrace';
import type { IterationParts } from './iterations.ts';
import type { Draft } from './kinds.ts';
import { isMeddled } from './meddler.ts';
import type { Random } from './random.ts';

interface Plan {
  readonly how: 'all' | 'some' | 'none' | 'throw' | 'exit';
  /** Counts what the task has read. */
  readonly read: SharedArrayBuffer;
}

interface Work {
  reading(index: number, source: AsyncIterable<number | { readonly n: number }>, plan: Plan): Promise<number>;
  yielding(index: number, shape: object): Generator<{ readonly n: number }, number>;
}

const work = tasks<Work>(new URL('../tasks.mjs', import.meta.url));

/** Items that may be ahead of the task, as the documentation says. */
const window = 1024;

/** A source that counts what is asked of it. */
class Counted implements AsyncIterable<number> {
  pulled = 0;
  ends = 0;
  #isReturned = false;
  readonly #random: Random;
  readonly #items: number;
  readonly #failsAtEnd: boolean;
  readonly #isSlow: boolean;
  readonly #check: () => void;

  constructor(random: Random, items: number, failsAtEnd: boolean, check: () => void) {
    this.#random = random;
    this.#items = items;
    this.#failsAtEnd = failsAtEnd;
    this.#isSlow = random.chance(0.4);
    this.#check = check;
  }

  [Symbol.asyncIterator](): AsyncIterator<number> {
    return {
      next: () => {
        const step = this.#step();
        // Before the reader hears of it. `return()` may come while a step is under way: then that is the end.
        const told = () => void (this.#isReturned || this.ends++);
        step.then(({ done }) => done === true && told(), told);
        return step;
      },
      return: async () => {
        this.ends++;
        this.#isReturned = true;
        return { done: true, value: undefined };
      },
    };
  }

  async #step(): Promise<IteratorResult<number, undefined>> {
    if (this.#isSlow && this.#random.chance(0.2)) await turn();
    if (this.pulled < this.#items) {
      this.pulled++;
      this.#check();
      return { done: false, value: this.pulled - 1 };
    }
    if (this.#failsAtEnd) throw new RangeError('the source is broken');
    return { done: true, value: undefined };
  }
}

const failed = (outcome: Outcome<unknown>, name: string) =>
  outcome.status === 'rejected' && (outcome.reason as Error).name === name;

/** A task that reads what is pulled for it here. Resolves when it has settled, and its source has ended. */
export async function playSource(index: number, parts: IterationParts): Promise<void> {
  const { executor, random, tally, isClosing } = parts;
  const items = random.pick([0, 1, 50, 3000]);
  const failsAtEnd = random.chance(0.1);
  const plan: Plan = {
    how: random.chance(0.02) ? 'exit' : random.pick(['all', 'all', 'some', 'none', 'throw']),
    read: new SharedArrayBuffer(4),
  };
  const read = new Int32Array(plan.read);
  const source = new Counted(random, items, failsAtEnd, () => {
    const ahead = source.pulled - Atomics.load(read, 0);
    // One is in the task's hands and not counted.
    if (ahead > window + 1) tally.violate(`the source of task ${index} is ${ahead} ahead`);
  });
  const given = random.pick(['own', 'own', 'wrapped', 'iteration'] as const);
  const controller = new AbortController();
  const abortAfter = random.chance(0.15) ? random.integer(0, 30) : undefined;
  const options: TaskOptions = {
    ...(abortAfter !== undefined && { signal: controller.signal }),
    ...(random.chance(0.1) && { deadlineMs: random.integer(0, 50) }),
    ...(random.chance(0.2) && { priority: random.integer(-3, 3) }),
    ...(random.chance(0.2) && { retries: 1 }),
  };
  const draft: Draft = {
    kind: 'source',
    task: undefined as never,
    options,
    maxRuns: options.retries === 1 ? 2 : 1,
    expected: (outcome) =>
      failed(outcome, 'WorkerCrashedError') ||
      (options.deadlineMs !== undefined && failed(outcome, 'TaskTimeoutError')) ||
      (abortAfter !== undefined &&
        outcome.status === 'cancelled' &&
        (outcome.reason as Error).name === 'AbortError') ||
      ((plan.how === 'throw' || failsAtEnd) && failed(outcome, 'RangeError')) ||
      // The iteration that it reads was refused.
      (given === 'iteration' && failed(outcome, 'SaturatedError')) ||
      (isClosing() && failed(outcome, 'ExecutorClosedError')) ||
      (outcome.status === 'fulfilled' && outcome.value === index),
  };
  tally.drafted(index, draft);
  if (abortAfter !== undefined) void turns(abortAfter).then(() => controller.abort());
  const isOwn = given === 'own';
  const numbers = given === 'iteration' ? openNumbers(items, parts) : undefined;
  const outcome = await settled(
    () =>
      executor.submit(
        work.reading(index, numbers?.iteration ?? (isOwn ? source : wrapped(source)), plan),
        options,
      ),
    (reason) => {
      const cancelled = (reason as Error).name === 'AbortError' || isMeddled(reason);
      if (
        !(reason instanceof SaturatedError || reason instanceof ExecutorClosedError) &&
        !cancelled &&
        !failedLate(reason)
      )
        tally.violate(`task ${index} was refused with ${String(reason)}`);
      tally.refused(index, draft, cancelled);
    },
  );
  if (outcome !== undefined)
    tally.ended(index, draft, outcome, isClosing() || isMeddled((outcome as { reason?: unknown }).reason));
  // Whatever has become of the task, what it reads has ended.
  if (numbers !== undefined) return numbers.ended();
  // It is ended when the books are in order, and a step may be under way.
  for (let left = 100; left > 0 && source.ends === 0; left--) await turn();
  if (source.ends !== 1 && (isOwn || source.pulled > 0))
    tally.violate(`the source of task ${index} ended ${source.ends} times`);
}

/** An iteration of the same executor: each of the two tasks may have to wait for the other. */
function openNumbers(items: number, { executor, random, tally, isClosing, take }: IterationParts) {
  const index = take();
  if (index === undefined) return undefined;
  const draft: Draft = {
    kind: 'iteration',
    task: undefined as never,
    options: {},
    maxRuns: 1,
    expected: (outcome) =>
      failed(outcome, 'WorkerCrashedError') ||
      (outcome.status === 'cancelled' && (outcome.reason as Error).name === 'AbortError') ||
      (outcome.status === 'fulfilled' && outcome.value === index),
  };
  tally.drafted(index, draft);
  const shape = {
    items,
    end: 'return' as const,
    bytes: 0,
    isAsync: random.chance(0.3),
    yielded: new SharedArrayBuffer(4),
  };
  const window = random.pick([1, 2, 7, 100, 1000]);
  const iteration = executor.iterate(work.yielding(index, shape), { window });
  const made = new Int32Array(shape.yielded);
  return {
    iteration,
    async ended() {
      const outcome = await iteration.future.outcome();
      const { reason } = outcome.status === 'fulfilled' ? { reason: undefined } : outcome;
      const isRefused =
        reason instanceof SaturatedError || (reason instanceof ExecutorClosedError && made[0] === 0);
      if (outcome.status === 'rejected' && isRefused) tally.refused(index, draft, false);
      else tally.ended(index, draft, outcome, isClosing() || isMeddled(reason));
    },
  };
}

const failedLate = (reason: unknown) => (reason as Error).name === 'TaskTimeoutError';

async function* wrapped(source: AsyncIterable<number>): AsyncGenerator<number> {
  yield* source;
}

async function settled(
  submit: () => Promise<{ outcome(): Promise<Outcome<unknown>> }>,
  refused: (reason: unknown) => void,
): Promise<Outcome<unknown> | undefined> {
  let future: { outcome(): Promise<Outcome<unknown>> };
  try {
    future = await submit();
  } catch (reason) {
    refused(reason);
    return undefined;
  }
  return future.outcome();
}

async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await turn();
}
