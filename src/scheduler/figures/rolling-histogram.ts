import { Histogram } from './histogram.ts';
import type { Percentiles } from './histogram.ts';

const slices = 6;
const sliceMs = 10_000;

/**
 * Durations of the last minute: six histograms of ten seconds each in a ring, so the window is 50 to 60 seconds long. A
 * percentile since the start of a process hides what happens now.
 */
export class RollingHistogram {
  readonly #ring: Histogram[] = Array.from({ length: slices }, () => new Histogram());
  /** Number of the slice that is being filled, counted from the clock's origin. */
  #slice = 0;
  #current: Histogram = this.#ring[0] as Histogram;
  #endsAt = sliceMs;

  /** @param now milliseconds on the clock of `performance.now()`. */
  record(ms: number, now: number): void {
    if (now >= this.#endsAt) this.#turn(now);
    this.#current.record(ms);
  }

  percentiles(now: number): Percentiles {
    if (now >= this.#endsAt) this.#turn(now);
    const window = new Histogram();
    for (const slice of this.#ring) window.add(slice);
    return window.percentiles();
  }

  /** Moves to the slice of `now`, and empties the slices that the window has passed. */
  #turn(now: number): void {
    const slice = Math.floor(now / sliceMs);
    for (let next = Math.max(this.#slice + 1, slice - slices + 1); next <= slice; next++) {
      this.#ring[next % slices] = new Histogram();
    }
    this.#slice = slice;
    this.#current = this.#ring[slice % slices] as Histogram;
    this.#endsAt = (slice + 1) * sliceMs;
  }
}
