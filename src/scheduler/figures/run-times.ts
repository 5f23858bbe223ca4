import type { TaskTarget } from '../../tasks/task.ts';
import { NumberTable } from './number-table.ts';

/**
 * How long a call of each function takes: an exponentially decaying mean, like TCP's round-trip estimate
 * (Jacobson 1988, gain 1/8).
 *
 * It follows a rise faster than a fall (gain 1/2): a batch sized for quick tasks that turn out slow delays other tasks, while the
 * opposite costs a little throughput. But one call counts as at most four times the mean: on a busy machine a call of
 * microseconds may take milliseconds because its thread was taken off the core. (Without that bound, and on two cores
 * with two workers, tasks of 50 µs reached 56 % of the ideal where they reach 70 %, those of 100 µs 63 % and 75 %.)
 */
export class RunTimes {
  readonly #meansMs = new NumberTable();
  /** By function, of those with calls that took long against all expectation. */
  readonly #surprises: (Surprises | undefined)[] = [];

  /** Mean run time in milliseconds; undefined for a function without an ended call. */
  estimate(target: TaskTarget): number | undefined {
    const mean = this.#meansMs.get(target.index);
    return Number.isNaN(mean) ? undefined : mean;
  }

  /** Learns from a call that took `ms` milliseconds. */
  learn({ index }: TaskTarget, ms: number): void {
    const known = this.#meansMs.get(index);
    if (Number.isNaN(known)) this.#meansMs.set(index, ms);
    else {
      const believed = Math.min(ms, Math.max(known * maxGrowth, floorMs));
      this.#meansMs.set(index, known + (believed - known) * (ms > known ? rise : fall));
      if (ms <= slowMs) this.#surprises[index]?.quick(ms);
      else if (known < quickMs) (this.#surprises[index] ??= new Surprises()).slow();
    }
  }

  /**
   * Mean run time, in milliseconds, between two calls that took long though the function was expected to be quick; Infinity if there
   * was none. Whatever the mean of all calls is, the next one may be such a call.
   */
  betweenSlowMs({ index }: TaskTarget): number {
    return this.#surprises[index]?.betweenMs ?? Infinity;
  }
}

/** How far slow calls of a quick function lie apart. */
class Surprises {
  #meanMs = firstGuessMs;
  #sinceMs = 0;

  /** At least what it has been since the last one. */
  get betweenMs(): number {
    return Math.max(this.#meanMs, this.#sinceMs);
  }

  quick(ms: number): void {
    this.#sinceMs += ms;
  }

  slow(): void {
    this.#meanMs += (this.#sinceMs - this.#meanMs) * surpriseGain;
    this.#sinceMs = 0;
  }
}

/** One call counts as at most this many times the mean. */
const maxGrowth = 4;
/** One call always counts up to this, milliseconds. */
const floorMs = 0.01;
/** A function with a smaller mean counts as quick, milliseconds. */
const quickMs = 0.5;
/** A longer call counts as slow, milliseconds: the system seldom takes a thread off its core for so long. */
const slowMs = 10;
/** Run time between two slow calls before there were two, milliseconds. */
const firstGuessMs = 20;
const surpriseGain = 1 / 4;

const rise = 1 / 2;
const fall = 1 / 8;
