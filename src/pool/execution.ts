import type { TaskState } from './running-task.ts';

/**
 * An asynchronous task from its call to its end. The thread belongs to one execution at a time; one that waits for tasks of
 * its own leaves it to others, and gets it back when it is to go on.
 *
 * ```
 * has the thread ⇄ parked         either of them ends when the task's promise has settled
 * ```
 */
export class Execution {
  hasThread = true;
  /** How the task ended; null until then. */
  outcome: { readonly failed: boolean; readonly value: unknown } | null = null;
  /** What it took along when it was parked; null if it never was. */
  state: TaskState | null = null;
  /** What is to be done before it goes on. */
  readonly whenResumed: (() => void)[] = [];
  #leave: (() => void) | null = null;
  readonly #endedParked: () => void;

  /** @param endedParked called when the task ends while others have the thread: it was not waiting for its own tasks alone. */
  constructor(value: PromiseLike<unknown>, endedParked: () => void) {
    this.#endedParked = endedParked;
    Promise.resolve(value).then(
      (result) => this.#end(false, result),
      (error: unknown) => this.#end(true, error),
    );
  }

  /** Resolves when it does not need the thread: it has ended, or is parked. */
  left(): Promise<void> {
    return new Promise((resolve) => {
      if (this.outcome === null) this.#leave = resolve;
      else resolve();
    });
  }

  park(state: TaskState): void {
    this.state = state;
    this.hasThread = false;
    this.#leave?.();
  }

  resume(): void {
    this.hasThread = true;
    for (const go of this.whenResumed.splice(0)) go();
  }

  #end(failed: boolean, value: unknown): void {
    this.outcome = { failed, value };
    if (this.hasThread) this.#leave?.();
    else this.#endedParked();
  }
}
