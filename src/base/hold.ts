/** Share of results that may wait behind a slow one. */
const heldUpShare = 1 / 200;
/** Run time between two slow results, in milliseconds, as long as there was only one. */
const firstGuessMs = 20;
const gain = 1 / 4;

/**
 * How long a finished result may wait for the next ones, which travel with it and are nearly always quick. It may wait for a two-hundredth
 * of the run time that lies between two slow results, an exponentially decaying mean: then one result in two hundred waits behind a slow
 * one. A single slow result must not stop this for long, because a busy machine takes a thread off its core now and then, and
 * whatever it runs at that moment looks slow.
 */
export class Hold {
  #betweenMs = firstGuessMs;
  #sinceMs = 0;

  /** In milliseconds. It grows while nothing is slow. */
  get ms(): number {
    return Math.max(this.#betweenMs, this.#sinceMs) * heldUpShare;
  }

  /** A result took `ms` milliseconds, as expected. */
  quick(ms: number): void {
    this.#sinceMs += ms;
  }

  /** A result took long although a quick one was expected. */
  slow(): void {
    this.#betweenMs += (this.#sinceMs - this.#betweenMs) * gain;
    this.#sinceMs = 0;
  }
}
