/** Attempts in a row that may fail before it is given up. */
const maxFailures = 4;
/** Pause before the second attempt, milliseconds; each later one is twice as long. */
const firstPauseMs = 50;

/**
 * When a worker that could not be started is tried again: after growing pauses, and not for ever. One that never comes up is
 * no reason to start threads in a loop.
 */
export class StartAttempts {
  #failures = 0;
  /** By place: set from a failed attempt until the next one. */
  readonly #pauses: (NodeJS.Timeout | undefined)[] = [];
  readonly #givenUp = new Set<number>();

  /** Places at which it was given up. */
  get givenUp(): ReadonlySet<number> {
    return this.#givenUp;
  }

  begins(place: number): void {
    clearTimeout(this.#pauses[place]);
    this.#givenUp.delete(place);
  }

  /** What has failed so far no longer counts. */
  reset(): void {
    this.#failures = 0;
  }

  /** @returns false if it is given up: `again` will not be called. */
  failed(place: number, again: () => void): boolean {
    if (++this.#failures < maxFailures) {
      this.#pauses[place] = setTimeout(again, firstPauseMs * 2 ** (this.#failures - 1));
      return true;
    }
    this.#givenUp.add(place);
    return false;
  }

  /** No further attempt is made. */
  stop(): void {
    for (const pause of this.#pauses) clearTimeout(pause);
  }
}
