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

  /** Milliseconds; undefined for a function that has not been seen to end. */
  estimate(target: TaskTarget): number | undefined {
    return this.#meansMs[target.index];
  }

  /** Learns from a call that took `ms` milliseconds. */
  learn(target: TaskTarget, ms: number): void {
    const known = this.#meansMs[target.index];
    if (known === undefined) this.#meansMs[target.index] = ms;
    else this.#meansMs[target.index] = known + (ms - known) * (ms > known ? rise : fall);
  }
}

const rise = 1 / 2;
const fall = 1 / 8;
