import { bufferUnordered } from '../../../flow/buffered.ts';
import { offAbort, onAbort } from '../../../base/on-abort.ts';
import { checkSource } from '../../../base/source.ts';
import type { Source } from '../../../base/source.ts';
import { checkOptions, integer } from '../../../base/options.ts';
import type { NestedCalls } from '../nested-calls.ts';
import { asTask } from '../../../tasks/task.ts';
import type { Task, TaskResult } from '../../../tasks/task.ts';
import { validateTaskOptions } from '../../../tasks/task-options.ts';
import type { TaskOptions } from '../../../tasks/task-options.ts';
import { isThenable } from '../../../tasks/thenable.ts';
import { atHand } from './at-hand.ts';
import { NestedFuture } from './nested-future.ts';
import type { NestedOutcome } from './nested-future.ts';
import { Offers } from './offers.ts';

interface Listener<R> {
  admitted?(): void;
  settled(outcome: NestedOutcome<R>): void;
}

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
    const { idle, workers } = calls.desk;
    this.#offers = new Offers(idle, workers, (task) => this.#submit(task));
  }

  /** How many workers the executor has. */
  get workers(): number {
    return this.#calls.desk.workers;
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
        const future: NestedFuture<R> = this.#submit(task, options, {
          admitted: () => resolve(future),
          // If it has settled before it was admitted, it was refused.
          settled: (outcome) => {
            if (outcome.status !== 'fulfilled') reject(outcome.reason);
          },
        });
      }),
    );
  }

  /** Submits, and waits for the result. Rejects as `submit()` does, and with what the task threw. */
  run<R>(task: Task<R>, options?: TaskOptions): Promise<R> {
    return this.#calls.awaited(
      new Promise((resolve, reject) => {
        this.#submit(task, options, {
          settled: (outcome) => {
            if (outcome.status === 'fulfilled') resolve(outcome.value);
            else reject(outcome.reason);
          },
        });
      }),
    );
  }

  /**
   * Runs the tasks of a source and yields their futures in the order in which they end, failed ones included. The source is
   * pulled lazily. Leaving the loop cancels what it submitted.
   *
   * @param options `window`: tasks in flight or finished and not yet read, an integer of at least 1. Default: four for each worker,
   *   because small tasks travel together.
   * @throws {InvalidOptionError} at once, also for what is no source. An item that is no task, an error of the source or a task
   *   that was refused ends the iteration with that error, after the futures that were in flight.
   */
  asCompleted<T extends Task<unknown>>(
    tasks: Source<T>,
    options: { readonly window?: number } = {},
  ): AsyncIterableIterator<NestedFuture<TaskResult<T>>, undefined> {
    const { window = this.workers * 4 } = checkOptions('asCompleted option', options, { window: integer(1) });
    checkSource(tasks);
    return bufferUnordered(this.#thunks(tasks), window) as never;
  }

  /**
   * Runs two tasks and waits for both: `a` at hand, as a call within this task, and `b` on another worker if one has nothing to
   * do, else at hand as well. Work that is divided again and again is so spread over the workers, and small pieces of it are
   * never shipped.
   *
   * At hand a function gets the arguments themselves, on another worker copies of them: it must not change them, unless they
   * are shared memory. What can't be copied stays at hand. The tasks' options hold only for what is sent to another worker.
   *
   * Rejects with what `a` throws, and `b` is cancelled then, or not begun; else with what `b` throws.
   */
  async join<A, B>(a: Task<A>, b: Task<B>): Promise<[A, B]> {
    const [here, there] = [asTask(a), asTask(b)];
    const branch = this.#offers.add(there);
    let first: A | PromiseLike<A>;
    try {
      first = atHand(here);
      if (isThenable(first)) first = await first;
    } catch (error) {
      this.#offers.remove(branch);
      branch.sent?.cancel();
      throw error;
    }
    // Only now does it wait: as long as `a` is under way, the thread is needed, whatever that waits for.
    if (branch.sent !== null) return [first, (await branch.sent.result()) as B];
    this.#offers.remove(branch);
    const second = atHand(there);
    return [first, isThenable(second) ? await second : second];
  }

  async *#thunks(tasks: Source<Task<unknown>>) {
    for await (const task of tasks) {
      asTask(task);
      yield (signal: AbortSignal) => this.#calls.awaited(this.#ended(task, signal));
    }
  }

  /** Resolves to the future when that has settled; rejects if the task was refused. */
  #ended<R>(task: Task<R>, signal: AbortSignal): Promise<NestedFuture<R>> {
    return new Promise((resolve, reject) => {
      let admitted = false;
      const future: NestedFuture<R> = this.#submit(task, undefined, {
        admitted: () => (admitted = true),
        settled: (outcome) => {
          offAbort(signal, abortable);
          if (admitted || outcome.status === 'fulfilled') resolve(future);
          else reject(outcome.reason);
        },
      });
      const abortable = { aborted: (reason: unknown) => future.cancel(reason) };
      onAbort(signal, abortable);
    });
  }

  #submit<R>(task: Task<R>, options?: TaskOptions, listener?: Listener<R>): NestedFuture<R> {
    const own = asTask(task);
    // Nothing that a task has put on `Object.prototype` is an option.
    const all: TaskOptions = {
      __proto__: null,
      ...own.options,
      ...(options !== undefined && validateTaskOptions(options)),
    } as TaskOptions;
    const { signal } = all;
    signal?.throwIfAborted();
    const withdraw = (reason: unknown) => this.#calls.withdraw(call, reason);
    const abortable = { aborted: withdraw };
    const future = new NestedFuture<R>(own, this.#calls, withdraw);
    const call = this.#calls.submit(own, all, listener?.admitted !== undefined, {
      admitted: () => listener?.admitted?.(),
      settled: (status, value) => {
        if (signal !== undefined) offAbort(signal, abortable);
        const outcome = status === 'fulfilled' ? { status, value: value as R } : { status, reason: value };
        NestedFuture.settle(future, outcome);
        listener?.settled(outcome);
      },
    });
    if (signal !== undefined) onAbort(signal, abortable);
    return future;
  }
}
