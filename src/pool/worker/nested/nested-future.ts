import type { Outcome } from '../../../base/outcome.ts';
import { staysInThread } from '../../../base/stays.ts';
import type { NestedCalls } from '../parking/nested-calls.ts';
import type { Task } from '../../../tasks/task.ts';

/**
 * The handle of a task that a running task has submitted: the counterpart of `Future` in a thread. Not thenable; makes a
 * promise only when asked.
 */
export class NestedFuture<out R> {
  readonly task: Task<R>;
  readonly #calls: NestedCalls;
  readonly #withdraw: (reason: unknown) => void;
  #outcome: Outcome<R> | null = null;
  #ended: (() => void) | null = null;
  #whenEnded: Promise<void> | null = null;

  static {
    staysInThread(this);
  }

  /** Internal: futures come from `current()`. */
  constructor(task: Task<R>, calls: NestedCalls, withdraw: (reason: unknown) => void) {
    this.task = task;
    this.#calls = calls;
    this.#withdraw = withdraw;
  }

  /** `pending` until the task settles: a thread does not see when the task begins. */
  get state(): 'pending' | Outcome<R>['status'] {
    return this.#outcome?.status ?? 'pending';
  }

  /** Has the task settled? */
  get done(): boolean {
    return this.#outcome !== null;
  }

  /** Resolves to the task's result. Rejects with the error that the task throws, or with the reason of its cancellation. */
  result(): Promise<R> {
    return this.#calls.awaited(
      this.outcome().then((outcome) => {
        if (outcome.status === 'fulfilled') return outcome.value;
        throw outcome.reason;
      }),
    );
  }

  /** Resolves to how the task ended; never rejects. */
  outcome(): Promise<Outcome<R>> {
    this.#whenEnded ??= new Promise((resolve) => {
      if (this.done) resolve();
      else this.#ended = resolve;
    });
    return this.#calls.awaited(this.#whenEnded.then(() => this.#outcome as Outcome<R>));
  }

  /** Cancels the task, queued or running, with `reason` (default: a `DOMException` named `AbortError`). No effect once it has settled. */
  cancel(reason: unknown = new DOMException('The task was cancelled', 'AbortError')): void {
    if (!this.done) this.#withdraw(reason);
  }

  static settle<R>(future: NestedFuture<R>, outcome: Outcome<R>): void {
    future.#outcome = outcome;
    future.#ended?.();
  }
}
