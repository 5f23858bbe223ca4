import { staysInThread } from '../base/stays.ts';
import type { Permits } from './permits.ts';

/**
 * One or more permits of a semaphore, held until `release()`. The caller that acquired it must release it:
 *
 * ```ts
 * using permit = await semaphore.acquire(); // TypeScript; elsewhere try { … } finally { permit.release() }
 * ```
 *
 * A caller can release only a permit that it holds, and only once.
 */
export class Permit implements Disposable {
  /** The number of permits, at least 1. */
  readonly n: number;
  #permits: Permits | null;

  static {
    staysInThread(this);
  }

  /** @internal */
  constructor(permits: Permits, n: number) {
    this.#permits = permits;
    this.n = n;
  }

  /** True after `release()`. */
  get released(): boolean {
    return this.#permits === null;
  }

  /** Gives the permits back. Calling it again does nothing. */
  release(): void {
    const permits = this.#permits;
    this.#permits = null;
    permits?.giveBack(this.n);
  }

  /** Releases the permit at the end of the block of `using permit = …`. */
  [Symbol.dispose](): void {
    this.release();
  }
}
