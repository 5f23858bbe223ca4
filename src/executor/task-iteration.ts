import type { Future } from '../scheduler/job/future.ts';
import type { ItemQueue } from '../base/item-queue.ts';

/**
 * The items that a generator in a worker thread yields; see `executor.iterate()`.
 *
 * The `value` of the last `next()` is what the generator returns. An error of the generator is thrown after the items before it.
 */
export class TaskIteration<out T, out R = unknown> implements AsyncIterableIterator<T, R, undefined> {
  /** The handle of the task: progress, timing, state and `cancel()`; `result()` resolves to what the generator returns. */
  readonly future: Future<R>;
  /**
   * Resolves to the next item. Any number of calls may wait; they are served in order. (An own property, so that cloning refuses an
   * iteration within an argument instead of copying it as an empty object. A task reads an iteration that is itself an argument.)
   */
  readonly next: () => Promise<IteratorResult<T, R>>;
  readonly #items: ItemQueue;
  readonly #leave: () => Promise<void>;

  /** Internal: iterations come from an executor. */
  constructor(future: Future<R>, items: ItemQueue, leave: () => Promise<void>) {
    this.future = future;
    this.#items = items;
    this.next = () => items.next() as Promise<IteratorResult<T, R>>;
    this.#leave = leave;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Leaves the iteration, as `break` in a loop does: cancels the task unless it has ended. Resolves when the generator's `finally`
   * has run, or its thread has ended; a generator finishes the step that it is in first.
   */
  async return(value?: R | PromiseLike<R>): Promise<IteratorResult<T, R>> {
    this.#items.drop();
    await this.#leave();
    return { done: true, value: (await value) as R };
  }

  /** Calls `return()`: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
