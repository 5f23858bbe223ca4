/** Samples that a round has at the least, so that its mean says something. */
const smallestRound = 30;
/** Rounds between two looks at the time without a queue. */
const roundsBetweenProbes = 60;
/** Of a new base time, how much counts when it does not differ much. */
const baseSmoothing = 0.25;

export interface VegasBounds {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
}

/**
 * How many calls at a time a service can take, found from how long they take: TCP Vegas, for calls instead of packets.
 *
 * As long as the service keeps up, a call takes its base time however many are in flight. Beyond that calls queue, and take
 * longer by what they queue. So the queue can be computed: `limit × (1 - base / now)`. It is kept between `alpha` and `beta`: some
 * queue, or the service would run dry between two calls, but a short one.
 *
 * L. S. Brakmo, S. W. O'Malley, L. L. Peterson: TCP Vegas: New Techniques for Congestion Detection and Avoidance, SIGCOMM 1994,
 * https://doi.org/10.1145/190314.190317. Alpha and beta as a tenth and a fifth of the limit are those of Netflix'
 * concurrency-limits (`VegasLimit`). Different from there, each for a reason:
 *
 * - Means of whole rounds, not single calls: calls differ, and the shortest ever is not what one can expect.
 * - What is too long of the queue is halved at once, not shortened by one a round: a service that lost most of its capacity is
 *   relieved in time.
 * - The base time is measured anew now and then with a quarter of the limit, when the queue is gone (BBR does it so: Cardwell et
 *   al., BBR: Congestion-Based Congestion Control, ACM Queue 14(5), 2016). Taken with the queue, it would count the queue as base,
 *   and the limit would creep up for ever; and one never renewed would take a service that has become slower for a queue.
 *
 * Rounds: `steady` (60 times) → `draining` (until what was in flight has ended; not looked at) → `probing` (gives the base) →
 * `steady`. The first probe comes after 5 rounds.
 */
export class Vegas {
  readonly #min: number;
  readonly #max: number;
  #limit: number;
  #state: 'steady' | 'draining' | 'probing' = 'steady';
  #baseMs = Infinity;
  #roundsToProbe = 5;
  // Of the round under way:
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

  /** An integer within the bounds. */
  get limit(): number {
    return this.#state === 'steady'
      ? Math.floor(this.#limit)
      : Math.max(this.#min, Math.floor(this.#limit / 4));
  }

  /** The time of a call without a queue, as far as it is known; `Infinity` before the first round is over. */
  get baseMs(): number {
    return this.#baseMs;
  }

  /** @param inFlight calls under way when this one ended, itself included. */
  sample(ms: number, inFlight: number): void {
    this.#samples++;
    this.#sumMs += ms;
    this.#mostInFlight = Math.max(this.#mostInFlight, inFlight);
    this.#endRoundIfOver();
  }

  /**
   * A call was refused for overload or ran into a timeout: a tenth less, once a round. Its time says nothing, but it counts as a
   * call of the round: where all are refused, the limit goes on falling.
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

  /** @param meanMs NaN if all were refused. */
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
      // With calls refused even now, those that were not are too few, or not without a queue.
      if (!overloaded) this.#renewBase(meanMs);
    } else {
      if (this.#baseMs === Infinity && !Number.isNaN(meanMs)) this.#baseMs = meanMs;
      if (busy && !overloaded) this.#adjust(meanMs);
      if (--this.#roundsToProbe > 0) return;
      this.#roundsToProbe = roundsBetweenProbes;
      this.#state = 'draining';
    }
  }

  /** A little more or less is chance; much more or less is news. */
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
