import type { NestedCalls } from '../nested-calls.ts';
import type { Task } from '../../../tasks/task.ts';

/** How a nested task ended, as a value. */
export type NestedOutcome<R> =
  | { readonly status: 'fulfilled'; readonly value: R }
  | { readonly status: 'rejected' | 'cancelled'; readonly reason: unknown };

/**
 * The handle of a task that a running task has submitted. Not thenable, and makes its promise only when asked: like
 * `Future`, which is the same for the main thread.
 */
export class NestedFuture<out R> {
  readonly task: Task<R>;
  readonly #calls: NestedCalls;
  readonly #withdraw: (reason: unknown) => void;
  #outcome: NestedOutcome<R> | null = null;
  #ended: (() => void) | null = null;
  #whenEnded: Promise<void> | null = null;

  /** Internal: futures come from `current()`. */
  constructor(task: Task<R>, calls: NestedCalls, withdraw: (reason: unknown) => void) {
    this.task = task;
    this.#calls = calls;
    this.#withdraw = withdraw;
  }

  /** `pending` until it has settled: a task does not see when another one begins. */
  get state(): 'pending' | NestedOutcome<R>['status'] {
    return this.#outcome?.status ?? 'pending';
  }

  /** Has it settled? */
  get done(): boolean {
    return this.#outcome !== null;
  }

  /** The task's result. Rejects with what it threw, or with the reason of the cancellation. */
  result(): Promise<R> {
    return this.#calls.awaited(
      this.outcome().then((outcome) => {
        if (outcome.status === 'fulfilled') return outcome.value;
        throw outcome.reason;
      }),
    );
  }

  /** How it ended, as a value; never rejects. */
  outcome(): Promise<NestedOutcome<R>> {
    this.#whenEnded ??= new Promise((resolve) => {
      if (this.done) resolve();
      else this.#ended = resolve;
    });
    return this.#calls.awaited(this.#whenEnded.then(() => this.#outcome as NestedOutcome<R>));
  }

  /** Cancels the task, wherever it stands, with `reason` (default: a `DOMException` named `AbortError`). */
  cancel(reason: unknown = new DOMException('The task was cancelled', 'AbortError')): void {
    if (!this.done) this.#withdraw(reason);
  }

  static settle<R>(future: NestedFuture<R>, outcome: NestedOutcome<R>): void {
    future.#outcome = outcome;
    future.#ended?.();
  }
}
