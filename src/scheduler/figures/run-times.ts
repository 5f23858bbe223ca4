import { Hold } from '../../base/hold.ts';
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
  readonly #holds: (Hold | undefined)[] = [];

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
      if (ms <= slowMs) this.#holds[index]?.quick(ms);
      else if (known < quickMs) (this.#holds[index] ??= new Hold()).slow();
    }
  }

  /** For how many milliseconds results of the function may wait for others; Infinity if none of its calls has taken long unexpectedly. */
  holdMs({ index }: TaskTarget): number {
    return this.#holds[index]?.ms ?? Infinity;
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

const rise = 1 / 2;
const fall = 1 / 8;
