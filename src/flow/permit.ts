import type { Permits } from './permits.ts';

/**
 * The right to do something, held until it is released. It belongs to who acquired it, and must be released by it:
 *
 * ```ts
 * using permit = await semaphore.acquire(); // TypeScript; elsewhere try { … } finally { permit.release() }
 * ```
 *
 * There is no way to release what one does not hold, nor to release it twice.
 */
export class Permit implements Disposable {
  /** How many permits it stands for, at least 1. */
  readonly n: number;
  #permits: Permits | null;

  /** @internal */
  constructor(permits: Permits, n: number) {
    this.#permits = permits;
    this.n = n;
  }

  /** True after `release()`. */
  get released(): boolean {
    return this.#permits === null;
  }

  /** Gives it back. Calling it again does nothing. */
  release(): void {
    const permits = this.#permits;
    this.#permits = null;
    permits?.giveBack(this.n);
  }

  /** `using permit = …`: releases it at the end of the block. */
  [Symbol.dispose](): void {
    this.release();
  }
}
