/** Share of results that may wait behind something slow. */
const heldUpShare = 1 / 200;
/** Time between two slow things as long as there was one only, in milliseconds. */
const firstGuessMs = 20;
const gain = 1 / 4;

/**
 * For how long finished results may wait for the next ones to travel with them, where these are quick at most times: one in two hundred
 * waits behind something slow, if it waits for a two-hundredth of the mean run time between two slow things. The mean decays
 * exponentially.
 *
 * Not until the next slow thing is far away: a busy machine takes a thread off its core now and then, and whatever runs
 * meanwhile looks slow.
 */
export class Hold {
  #betweenMs = firstGuessMs;
  #sinceMs = 0;

  /** In milliseconds. It grows while nothing is slow. */
  get ms(): number {
    return Math.max(this.#betweenMs, this.#sinceMs) * heldUpShare;
  }

  /** Something took so many milliseconds, as expected. */
  quick(ms: number): void {
    this.#sinceMs += ms;
  }

  /** Something took long against all expectation. */
  slow(): void {
    this.#betweenMs += (this.#sinceMs - this.#betweenMs) * gain;
    this.#sinceMs = 0;
  }
}
