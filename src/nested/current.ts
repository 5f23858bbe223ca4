import { bufferUnordered } from '../flow/buffered.ts';
import { checkOptions, integer } from '../options.ts';
import type { NestedCalls } from '../pool/nested-calls.ts';
import { asTask } from '../tasks/task.ts';
import type { Task, TaskResult } from '../tasks/task.ts';
import { validateTaskOptions } from '../tasks/task-options.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import { atHand, isThenable } from './at-hand.ts';
import { NestedFuture } from './nested-future.ts';
import type { NestedOutcome } from './nested-future.ts';
import { Offers } from './offers.ts';

type Source<T> = Iterable<T> | AsyncIterable<T>;

/**
 * The executor, as a task that it runs sees it. Whatever waits here gives the task's place back meanwhile: the thread runs
 * others, and the task goes on when it is free again. So tasks may be nested to any depth, on one thread as well.
 *
 * What a task has submitted is part of it: it has the task's priority unless it has one of its own, runs before tasks from
 * outside, and is cancelled when the task settles, however that is.
 */
export class Current {
  readonly #calls: NestedCalls;
  readonly #offers: Offers;

  /** Internal: see `current()`. */
  constructor(calls: NestedCalls) {
    this.#calls = calls;
    const { idle, workers } = calls;
    this.#offers = new Offers(idle, workers, (task) => this.run(task));
  }

  /** How many workers the executor has. */
  get workers(): number {
    return this.#calls.workers;
  }

  /**
   * Waits for a place, not for the result.
   *
   * Rejects with `InvalidTaskError`, `InvalidOptionError`, the platform's `DataCloneError` (an argument can't be cloned), or with
   * why it was never admitted: as `executor.submit()` does.
   */
  submit<R>(task: Task<R>, options?: TaskOptions): Promise<NestedFuture<R>> {
    return this.#calls.awaited(
      new Promise((resolve, reject) => {
        let future: NestedFuture<R> | undefined;
        future = this.#submit(
          task,
          options,
          true,
          () => resolve(future as NestedFuture<R>),
          (outcome) => {
            // Settled before it was admitted: it was refused.
            if (outcome.status !== 'fulfilled') reject(outcome.reason);
          },
        );
      }),
    );
  }

  /** Submits, and waits for the result. Rejects as `submit()` does, and with what the task threw. */
  run<R>(task: Task<R>, options?: TaskOptions): Promise<R> {
    return this.#calls.awaited(
      new Promise((resolve, reject) => {
        this.#submit(
          task,
          options,
          false,
          () => {},
          (outcome) => {
            if (outcome.status === 'fulfilled') resolve(outcome.value);
            else reject(outcome.reason);
          },
        );
      }),
    );
  }

  /**
   * Runs the tasks of a source and yields their futures in the order in which they end, failed ones included. The source is
   * pulled lazily. Leaving the loop cancels what it submitted.
   *
   * @param options `window`: tasks in flight or finished and not yet read, an integer of at least 1. Default: twice the workers.
   */
  asCompleted<T extends Task<unknown>>(
    tasks: Source<T>,
    options: { readonly window?: number } = {},
  ): AsyncIterableIterator<NestedFuture<TaskResult<T>>, undefined> {
    const { window = this.workers * 2 } = checkOptions('asCompleted option', options, { window: integer(1) });
    return bufferUnordered(this.#thunks(tasks), window) as never;
  }

  /**
   * Runs two tasks and waits for both: `a` at hand, as a call within this task, and `b` on another worker if one has nothing to
   * do, else at hand as well. Work that is divided again and again is so spread over the workers, and small pieces of it are
   * never shipped.
   *
   * At hand a function gets the arguments themselves, on another worker copies of them: it must not change them, unless they
   * are shared memory. The tasks' options are not looked at, but for `transfer` of what is shipped.
   *
   * Rejects with the first failure; the other task is cancelled, or not begun.
   */
  async join<A, B>(a: Task<A>, b: Task<B>): Promise<[A, B]> {
    asTask(a);
    const branch = this.#offers.add(asTask(b));
    let first: A | PromiseLike<A>;
    try {
      first = atHand(a);
      if (isThenable(first)) first = await first;
    } catch (error) {
      this.#offers.remove(branch);
      throw error;
    }
    if (branch.sent !== null) return [first, (await branch.sent) as B];
    this.#offers.remove(branch);
    const second = atHand(b);
    return [first, isThenable(second) ? await second : second];
  }

  async *#thunks(tasks: Source<Task<unknown>>) {
    for await (const task of tasks) {
      asTask(task);
      yield async (signal: AbortSignal) => {
        const future = await this.submit(task);
        const cancel = () => future.cancel(signal.reason);
        signal.addEventListener('abort', cancel, { once: true });
        await future.outcome();
        signal.removeEventListener('abort', cancel);
        return future;
      };
    }
  }

  #submit<R>(
    task: Task<R>,
    options: TaskOptions | undefined,
    tellAdmitted: boolean,
    admitted: () => void,
    settled: (outcome: NestedOutcome<R>) => void,
  ): NestedFuture<R> {
    const all = { ...asTask(task).options, ...(options && validateTaskOptions(options)) };
    const { signal } = all;
    signal?.throwIfAborted();
    const withdraw = (reason: unknown) => this.#calls.withdraw(call, reason);
    const onAbort = () => withdraw(signal?.reason);
    const future = new NestedFuture<R>(this.#calls, withdraw);
    const call = this.#calls.submit(task, all, tellAdmitted, {
      admitted,
      settled: (status, value) => {
        signal?.removeEventListener('abort', onAbort);
        const outcome = status === 'fulfilled' ? { status, value: value as R } : { status, reason: value };
        NestedFuture.settle(future, outcome);
        settled(outcome);
      },
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    return future;
  }
}
