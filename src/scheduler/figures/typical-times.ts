import type { TaskTarget } from '../../tasks/task.ts';
import { NumberTable } from './number-table.ts';

/** The share of a function's calls that may take longer than its typical time: a few are slow only for want of a core. */
const slowShare = 1 / 10;
/** How far a call moves the typical time, as a factor: up by `step * (1 - slowShare)`, down by `step * slowShare`. */
const step = 1 / 2;
/** The least typical time, milliseconds: no clock tells less from 0. */
const leastMs = 0.0001;

/**
 * The typical time of each function: the 90th percentile of its calls, which each call moves up or down.
 *
 * It decides how many threads are kept awake, for which a mean (`RunTimes`) would be too high: where too many threads are awake, some
 * calls take a thousand times as long, and would keep them awake. The median was too low: of a function that answers from a cache or
 * else waits, as many threads as cores did all the work.
 */
export class TypicalTimes {
  readonly #ms = new NumberTable();

  /** The typical time of a function, milliseconds; Infinity if unknown. */
  of(target: TaskTarget | undefined): number {
    const ms = target === undefined ? NaN : this.#ms.get(target.index);
    return Number.isNaN(ms) ? Infinity : ms;
  }

  /** Learns from a call that took `ms` milliseconds. */
  learn({ index }: TaskTarget, ms: number): void {
    const known = this.#ms.get(index);
    const next = Number.isNaN(known)
      ? ms
      : known * (ms > known ? 1 + step * (1 - slowShare) : 1 - step * slowShare);
    this.#ms.set(index, Math.max(leastMs, next));
  }
}
