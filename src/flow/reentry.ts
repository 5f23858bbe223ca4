import { AsyncLocalStorage } from 'node:async_hooks';
import { DeadlockError } from '../base/errors.ts';

/** A `use()` that is under way, seen by all that it calls and starts. */
interface Hold {
  readonly guard: ReentryGuard;
  /** Its stack is that of the `use()`. */
  readonly takenAt: Error;
  readonly outer: Hold | undefined;
  ended: boolean;
}

/** Made with the first guard: even an idle storage may cost every promise of the process something. */
let holds: AsyncLocalStorage<Hold | undefined> | undefined;

/**
 * Notices that a semaphore is acquired inside its own `use()`. That deadlocks as soon as all permits are held by callers who
 * do the same, so it is told at once, also when a permit is free just now: a test with little load finds it too.
 */
export class ReentryGuard {
  readonly #holds: AsyncLocalStorage<Hold | undefined> = (holds ??= new AsyncLocalStorage());

  /** @throws {DeadlockError} inside a function that the same guard watches, while that is under way. */
  check(): void {
    for (let hold = this.#holds.getStore(); hold !== undefined; hold = hold.outer) {
      if (hold.guard !== this || hold.ended) continue;
      throw new DeadlockError(
        'this semaphore is acquired again inside its own use(): when all of its permits are held that way, every ' +
          'holder waits for another one, for ever (the cause has the stack of the use() around it)',
        hold.takenAt,
      );
    }
  }

  /** Makes of `fn` one that holds while it is under way. The stack of the call here is what an error tells. */
  watch<T>(fn: () => T | PromiseLike<T>): () => Promise<T> {
    const takenAt = new Error('a permit of the semaphore is held by this use()');
    return async () => {
      const hold: Hold = { guard: this, takenAt, outer: this.#enclosing(), ended: false };
      try {
        return await this.#holds.run(hold, fn);
      } finally {
        hold.ended = true;
      }
    };
  }

  /** Holds that have ended are left out, or work that starts its own successor would drag along all its ancestors. */
  #enclosing(): Hold | undefined {
    let hold = this.#holds.getStore();
    while (hold?.ended === true) hold = hold.outer;
    return hold;
  }
}
