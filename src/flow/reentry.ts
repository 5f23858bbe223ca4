import { AsyncLocalStorage } from 'node:async_hooks';
import { DeadlockError } from '../base/errors.ts';

/** A `use()` that is under way, visible to all code that its function calls or starts. */
interface Hold {
  readonly guard: ReentryGuard;
  /** An error with the stack of the call of `use()`. */
  readonly takenAt: Error;
  readonly outer: Hold | undefined;
  ended: boolean;
}

/** Made with the first guard: even an idle storage may slow every promise of the process. */
let holds: AsyncLocalStorage<Hold | undefined> | undefined;

/**
 * Detects that a semaphore is acquired inside its own `use()`. That deadlocks as soon as such callers hold all permits. The guard
 * throws at once, even if a permit is free just now, so a test with little load finds the mistake too.
 */
export class ReentryGuard {
  readonly #holds: AsyncLocalStorage<Hold | undefined> = (holds ??= new AsyncLocalStorage());

  /** @throws {DeadlockError} inside a function that the same guard watches, while the function is under way. */
  check(): void {
    for (let hold = this.#holds.getStore(); hold !== undefined; hold = hold.outer) {
      if (hold.guard !== this || hold.ended) continue;
      throw new DeadlockError(
        'a task acquires the semaphore again inside its own use(): once such tasks hold all of its permits, each waits for ' +
          'another for ever (the cause has the stack of the outer use())',
        hold.takenAt,
      );
    }
  }

  /** Wraps `fn` in a function that counts as a hold while it is under way. A `DeadlockError` tells the stack of this call. */
  watch<T>(fn: () => T | PromiseLike<T>): () => Promise<T> {
    const takenAt = new Error('this use() holds a permit of the semaphore');
    return async () => {
      const hold: Hold = { guard: this, takenAt, outer: this.#enclosing(), ended: false };
      try {
        return await this.#holds.run(hold, fn);
      } finally {
        hold.ended = true;
      }
    };
  }

  /** Skips holds that have ended, or work that starts its own successor would keep all its ancestors. */
  #enclosing(): Hold | undefined {
    let hold = this.#holds.getStore();
    while (hold?.ended === true) hold = hold.outer;
    return hold;
  }
}
