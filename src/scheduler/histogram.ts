/** Percentiles of a duration, in milliseconds; all 0 while nothing has been recorded. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

const bucketsPerOctave = 16;
/** From a sixteenth of a microsecond to 2^32 microseconds, over an hour; what lies outside is counted at the edge. */
const octaves = 36;
const offset = 4 * bucketsPerOctave;

/**
 * Durations in buckets that grow by 4.4 % (a sixteenth of an octave), so a percentile is at most that far off: the
 * idea of HdrHistogram (Gil Tene). Recording costs a logarithm and an increment, and allocates nothing.
 */
export class Histogram {
  readonly #buckets = new Float64Array(octaves * bucketsPerOctave);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  record(ms: number): void {
    const index = Math.round(Math.log2(ms * 1000) * bucketsPerOctave) + offset;
    const last = this.#buckets.length - 1;
    // Not Math.min/max: the logarithm of 0 is -Infinity, which belongs into the first bucket too.
    (this.#buckets[index > 0 ? (index < last ? index : last) : 0] as number)++;
    this.#count++;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** Counts what the other one has recorded as well. */
  add(other: Histogram): void {
    if (other.#count === 0) return;
    for (let index = 0; index < this.#buckets.length; index++) {
      (this.#buckets[index] as number) += other.#buckets[index] as number;
    }
    this.#count += other.#count;
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
  }

  percentiles(): Percentiles {
    const [p50 = 0, p90 = 0, p99 = 0] = [0.5, 0.9, 0.99].map((share) => this.#at(share));
    return Object.freeze({ count: this.#count, p50, p90, p99, max: this.#maxMs });
  }

  #at(share: number): number {
    if (this.#count === 0) return 0;
    let left = Math.ceil(this.#count * share);
    for (let index = 0; index < this.#buckets.length; index++) {
      left -= this.#buckets[index] as number;
      if (left <= 0) return Math.min(2 ** ((index - offset) / bucketsPerOctave) / 1000, this.#maxMs);
    }
    return this.#maxMs;
  }
}
