import type { TaskTarget } from '../tasks/task.ts';

/**
 * How long a call of each function takes: an exponentially decaying mean, like TCP's round-trip estimate
 * (Jacobson 1988, gain 1/8).
 *
 * A rise is believed faster than a fall (gain 1/2): a batch sized for quick tasks that turn out slow delays others,
 * the opposite costs a little throughput.
 */
export class RunTimes {
  readonly #meansMs: (number | undefined)[] = [];
  /** By function: calls that must still be as quick as expected before it is believed again. */
  readonly #distrust: (number | undefined)[] = [];

  /** Milliseconds; undefined for a function that has not been seen to end. */
  estimate(target: TaskTarget): number | undefined {
    return this.#meansMs[target.index];
  }

  /** Learns from a call that took `ms` milliseconds. */
  learn(target: TaskTarget, ms: number): void {
    const known = this.#meansMs[target.index];
    if (known === undefined) this.#meansMs[target.index] = ms;
    else {
      this.#meansMs[target.index] = known + (ms - known) * (ms > known ? rise : fall);
      const distrust = this.#distrust[target.index];
      if (ms > slowMs && known * 2 < slowMs) this.#distrust[target.index] = caution;
      else if (distrust !== undefined && distrust > 0) this.#distrust[target.index] = distrust - 1;
    }
  }

  /** Has a call taken long lately that was expected to be quick? Then the next one may, too, whatever the mean says. */
  isUneven(target: TaskTarget): boolean {
    return (this.#distrust[target.index] ?? 0) > 0;
  }
}

/** Longer than a quick call may take: the run time that a delivery of several jobs is made for, milliseconds. */
const slowMs = 1;
const caution = 1000;

const rise = 1 / 2;
const fall = 1 / 8;
