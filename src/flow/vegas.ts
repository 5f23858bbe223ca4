/** Least samples of a round: fewer give no useful mean. */
const smallestRound = 30;
/** Rounds between two probes of the base time. */
const roundsBetweenProbes = 60;
/** Weight of a new base time that differs little from the old one, 0 to 1. */
const baseSmoothing = 0.25;

export interface VegasBounds {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Finds the number of calls at a time that a service can take from how long the calls take: TCP Vegas, for calls instead of packets.
 *
 * As long as the service keeps up, a call takes its base time however many are in flight. Beyond that calls queue, and take longer by
 * their time in the queue. So the length of the queue is `limit × (1 - base / now)`. The algorithm keeps it between `alpha` and
 * `beta`: some queue, or the service would run dry between two calls, but a short one.
 *
 * L. S. Brakmo, S. W. O'Malley, L. L. Peterson: TCP Vegas: New Techniques for Congestion Detection and Avoidance, SIGCOMM 1994,
 * https://doi.org/10.1145/190314.190317. Alpha and beta as a tenth and a fifth of the limit are those of Netflix'
 * concurrency-limits (`VegasLimit`). Different from there, each for a reason:
 *
 * - Means of whole rounds, not single calls: calls differ, and the shortest call ever is not typical.
 * - The excess of the queue is halved in one round, not shortened by one call: a service that has lost most of its capacity recovers
 *   in time.
 * - The base time is measured anew now and then with a quarter of the limit, when the queue is gone (BBR does it so: Cardwell et
 *   al., BBR: Congestion-Based Congestion Control, ACM Queue 14(5), 2016). Measured with a queue, the base would include the queue, and
 *   the limit would creep up for ever. Never renewed, it would make a service that has become slower look like a queue.
 *
 * Rounds: `steady` (60 times) → `draining` (until the calls in flight have ended; ignored) → `probing` (gives the base) →
 * `steady`. The first probe comes after 5 rounds.
 */
export class Vegas {
  readonly #min: number;
  readonly #max: number;
  #limit: number;
  #state: 'steady' | 'draining' | 'probing' = 'steady';
  #baseMs = Infinity;
  #roundsToProbe = 5;
  // Of the current round:
  #samples = 0;
  #sumMs = 0;
  #mostInFlight = 0;
  /** Calls that were refused for overload. */
  #refused = 0;

  constructor({ initial, min, max }: VegasBounds) {
    this.#min = min;
    this.#max = max;
    this.#limit = initial;
  }

  /** The present limit, an integer within the bounds. */
  get limit(): number {
    return this.#state === 'steady'
      ? Math.floor(this.#limit)
      : Math.max(this.#min, Math.floor(this.#limit / 4));
  }

  /** The estimated time of a call without a queue, in milliseconds; `Infinity` before the first round has ended. */
  get baseMs(): number {
    return this.#baseMs;
  }

  /** @param inFlight number of calls under way when this call ended, itself included. */
  sample(ms: number, inFlight: number): void {
    this.#samples++;
    this.#sumMs += ms;
    this.#mostInFlight = Math.max(this.#mostInFlight, inFlight);
    this.#endRoundIfOver();
  }

  /**
   * A call was refused for overload or timed out: lowers the limit by a tenth, once a round. Its time is ignored, but it counts as a
   * call of the round: while all calls are refused, the limit goes on falling.
   */
  overloaded(): void {
    if (this.#refused++ === 0) this.#set(this.#limit * 0.9);
    this.#endRoundIfOver();
  }

  get #roundSize(): number {
    return this.#state === 'draining' ? this.#limit : Math.max(smallestRound, this.limit);
  }

  #endRoundIfOver(): void {
    if (this.#samples + this.#refused >= this.#roundSize) this.#endRound(this.#sumMs / this.#samples);
  }

  /** @param meanMs NaN if all calls were refused. */
  #endRound(meanMs: number): void {
    // When the caller has less to do than the limit allows, the times say nothing about the limit.
    const busy = this.#mostInFlight * 2 >= this.limit;
    const overloaded = this.#refused > 0;
    this.#samples = 0;
    this.#sumMs = 0;
    this.#mostInFlight = 0;
    this.#refused = 0;
    if (this.#state === 'draining') this.#state = 'probing';
    else if (this.#state === 'probing') {
      this.#state = 'steady';
      // If calls were refused even in this round, the others are too few, or had a queue.
      if (!overloaded) this.#renewBase(meanMs);
    } else {
      if (this.#baseMs === Infinity && !Number.isNaN(meanMs)) this.#baseMs = meanMs;
      if (busy && !overloaded) this.#adjust(meanMs);
      if (--this.#roundsToProbe > 0) return;
      this.#roundsToProbe = roundsBetweenProbes;
      this.#state = 'draining';
    }
  }

  /** A small difference is chance, and smoothed; a large one replaces the base. */
  #renewBase(meanMs: number): void {
    const chance = meanMs > this.#baseMs / 1.5 && meanMs < this.#baseMs * 1.5;
    this.#baseMs = chance ? this.#baseMs + (meanMs - this.#baseMs) * baseSmoothing : meanMs;
  }

  #adjust(meanMs: number): void {
    const queue = this.#limit * (1 - this.#baseMs / meanMs);
    const step = Math.max(1, Math.log10(this.#limit));
    const alpha = Math.max(2, this.#limit / 10);
    const beta = Math.max(4, this.#limit / 5);
    if (queue <= step) this.#set(this.#limit + alpha);
    else if (queue < alpha) this.#set(this.#limit + step);
    else if (queue > beta) this.#set(this.#limit - Math.max(step, (queue - beta) / 2));
  }

  #set(limit: number): void {
    this.#limit = Math.min(this.#max, Math.max(this.#min, limit));
  }
}
