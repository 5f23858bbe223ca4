/** Assumed time of a boot until one has been measured, milliseconds. */
const assumedMs = 50;
/** No thread boots faster, milliseconds: a smaller reading comes from a clock that stood still. */
const leastMs = 5;
/** The first reading counts as at most this, milliseconds: the main thread may have been busy when the thread was up. */
const firstMostMs = 200;
/** A later reading counts as at most this many times the mean, for the same reason. */
const maxGrowth = 2;
/** Weight of the latest boot in the mean. */
const gain = 1 / 4;

/** A boot is merely slow up to this many means: on a busy machine more threads would make it worse. */
const slowBoot = 3;
/** A boot is merely slow up to this, until one has been measured, milliseconds. */
const slowestFirstMs = 2000;

/** How long a thread takes from its start until it can begin a task: a decaying mean of measurements. */
export class BootTime {
  #ms = assumedMs;
  #isMeasured = false;

  /** Mean time of a boot, milliseconds. */
  get ms(): number {
    return this.#ms;
  }

  /** Milliseconds after which a boot is more than slow. */
  get slowMs(): number {
    return this.#isMeasured ? slowBoot * this.#ms : slowestFirstMs;
  }

  learn(ms: number): void {
    const known = this.#ms;
    const believed = Math.min(ms, this.#isMeasured ? known * maxGrowth : firstMostMs);
    this.#ms = Math.max(leastMs, this.#isMeasured ? known + (believed - known) * gain : believed);
    this.#isMeasured = true;
  }
}
