/** Percentiles of a duration in milliseconds, at most 3 % off; `max` is exact. All are 0 if `count` is 0. */
export interface Percentiles {
  /** Durations recorded. */
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

const bucketsPerOctave = 16;
/** From a sixteenth of a microsecond to 2^32 microseconds, over an hour. A duration outside counts in the first or last bucket. */
const octaves = 36;

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);
/** The half of a double that holds its exponent: the second one on little-endian machines. */
const high = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
scratch[0] = 2 ** -4;
/** The first bucket's upper half word: eleven bits of exponent, and the first four of the mantissa. */
const origin = (words[high] as number) >>> 16;

/**
 * Durations in sixteen buckets for each doubling, so a percentile is at most 3 % off: the idea of HdrHistogram (Gil Tene).
 * `record()` reads the bucket from the number's own bits, which costs a few instructions and allocates nothing. (A logarithm took
 * 10 ns, twice for each task.)
 */
export class Histogram {
  readonly #buckets = new Float64Array(octaves * bucketsPerOctave);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  record(ms: number): void {
    scratch[0] = ms * 1000;
    // The clocks of two threads differ a little: a negative duration counts in the first bucket.
    const index = ms > 0 ? ((words[high] as number) >>> 16) - origin : 0;
    const last = this.#buckets.length - 1;
    (this.#buckets[index > 0 ? (index < last ? index : last) : 0] as number)++;
    this.#count++;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** Adds the durations of another histogram. */
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
      if (left <= 0) return Math.min(middleOf(index) / 1000, this.#maxMs);
    }
    return this.#maxMs;
  }
}

/** Microseconds. */
function middleOf(index: number): number {
  words[1 - high] = 0;
  words[high] = ((index + origin) << 16) | 0x8000;
  return scratch[0] as number;
}
