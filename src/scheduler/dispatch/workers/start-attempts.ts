/** Failures in a row, over all places, after which starting a worker is given up. */
const maxFailures = 4;
/** Pause after the first failure in a row, milliseconds; each further failure doubles it. */
const firstPauseMs = 50;

/**
 * Decides whether and when a worker that could not be started is tried again: after growing pauses, and not for ever. Threads
 * that never come up must not be started in a loop.
 */
export class StartAttempts {
  #failures = 0;
  /** By place: the timer of the next attempt after a failed one. */
  readonly #pauses: (NodeJS.Timeout | undefined)[] = [];
  readonly #givenUp = new Set<number>();

  /** Places at which starting a worker was given up. */
  get givenUp(): ReadonlySet<number> {
    return this.#givenUp;
  }

  /** Have so many attempts failed that no cold place may start a worker before `reset()`? */
  get exhausted(): boolean {
    return this.#failures >= maxFailures;
  }

  /** An attempt begins at this place: cancels its pause; the place is no longer given up. */
  begins(place: number): void {
    clearTimeout(this.#pauses[place]);
    this.#givenUp.delete(place);
  }

  /** Earlier failures no longer count. */
  reset(): void {
    this.#failures = 0;
  }

  /** An attempt has failed: calls `again` after a pause. @returns false if it gives up instead. */
  failed(place: number, again: () => void): boolean {
    if (++this.#failures < maxFailures) {
      this.#pauses[place] = setTimeout(again, firstPauseMs * 2 ** (this.#failures - 1));
      return true;
    }
    this.#givenUp.add(place);
    return false;
  }

  /** Cancels all pauses: no attempt follows. */
  stop(): void {
    for (const pause of this.#pauses) clearTimeout(pause);
  }
}
