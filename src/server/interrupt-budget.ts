/**
 * How often threads may be ended for the sake of clients that went away: a token bucket of `perSecond` tokens that fills
 * up within a second. A thread takes some 30 ms of CPU to start; a storm of disconnects must not become a storm of those.
 */
export class InterruptBudget {
  readonly #perSecond: number;
  #tokens: number;
  #filledAt: number;

  constructor(perSecond: number, now: number = performance.now()) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledAt = now;
  }

  /** Takes a token; false if there is none. */
  take(now: number = performance.now()): boolean {
    const gained = ((now - this.#filledAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + gained);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
