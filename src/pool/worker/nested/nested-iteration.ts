import type { ItemQueue } from '../../../base/item-queue.ts';
import type { NestedCalls } from '../parking/nested-calls.ts';
import type { NestedFuture } from './nested-future.ts';

/** The items of a generator that a running task has submitted: the counterpart of `TaskIteration` in a thread. */
export class NestedIteration<out T, out R = unknown> implements AsyncIterableIterator<T, R, undefined> {
  /** The handle of the generator's task; `result()` resolves to the generator's return value. */
  readonly future: NestedFuture<R>;
  readonly #items: ItemQueue;
  readonly #calls: NestedCalls;
  readonly #call: number;

  /** Internal: iterations come from `current()`. */
  constructor(future: NestedFuture<R>, items: ItemQueue, calls: NestedCalls, call: number) {
    this.future = future;
    this.#items = items;
    this.#calls = calls;
    this.#call = call;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Any number of calls may wait; they are served in order. */
  next(): Promise<IteratorResult<T, R>> {
    const step = this.#items.isEmpty ? this.#calls.awaited(this.#items.next()) : this.#items.next();
    return step as Promise<IteratorResult<T, R>>;
  }

  /**
   * Leaves the iteration, as `break` in a loop does: cancels the task unless it has ended. Resolves when the generator's `finally`
   * has run, or its thread has ended.
   */
  async return(value?: R | PromiseLike<R>): Promise<IteratorResult<T, R>> {
    this.#items.drop();
    if (!this.future.done) {
      this.#calls.withdraw(this.#call, new DOMException('The caller left the iteration', 'AbortError'), true);
      await this.future.outcome();
    }
    return { done: true, value: (await value) as R };
  }

  /** Leaves the iteration, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
