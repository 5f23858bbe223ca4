import type { TaskTarget } from '../../tasks/task.ts';
import { Means } from './mean-table.ts';

/**
 * How long a call of each function takes: an exponentially decaying mean, like TCP's round-trip estimate
 * (Jacobson 1988, gain 1/8).
 *
 * A rise is believed faster than a fall (gain 1/2): a batch sized for quick tasks that turn out slow delays others,
 * the opposite costs a little throughput. But one call counts as four times the mean at the most: on a busy machine a call
 * of microseconds may take milliseconds because its thread was taken off the core. (Without that bound, and on two cores
 * with two workers, tasks of 50 µs reached 56 % of the ideal where they reach 70 %, those of 100 µs 63 % and 75 %.)
 */
export class RunTimes {
  readonly #meansMs = new Means();
  /** By function: calls that must still be as quick as expected before it is believed again. */
  readonly #distrust: (number | undefined)[] = [];

  /** Milliseconds; undefined for a function that has not been seen to end. */
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
      const distrust = this.#distrust[index];
      if (ms > slowMs && known < quickMs) this.#distrust[index] = caution;
      else if (distrust !== undefined && distrust > 0) this.#distrust[index] = distrust - 1;
    }
  }

  /** Has a call taken long lately that was expected to be quick? Then the next one may, too, whatever the mean says. */
  isUneven(target: TaskTarget): boolean {
    return (this.#distrust[target.index] ?? 0) > 0;
  }
}

/** One call counts as no more than so many times the mean. */
const maxGrowth = 4;
/** Or as this, if that is more; milliseconds. */
const floorMs = 0.01;
/** What is expected to be quicker travels with others; milliseconds. */
const quickMs = 0.5;
/** Longer than the system takes a thread off its core for, as a rule; milliseconds. */
const slowMs = 10;
const caution = 1000;

const rise = 1 / 2;
const fall = 1 / 8;
