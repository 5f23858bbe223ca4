import { cpus } from 'node:os';

/** Milliseconds between readings, because reading the counts of all processors is slow; the first two readings are closer together. */
const everyMs = 2000;
const firstMs = 200;

/** The load of the machine's processors, by all processes. */
export class MachineLoad {
  #readAt = -Infinity;
  #busy = 0;
  #total = 0;
  #share: number | undefined = undefined;

  /** Busy share, 0 to 1; undefined before the second reading. */
  share(now: number): number | undefined {
    if (now - this.#readAt < (this.#share === undefined ? firstMs : everyMs)) return this.#share;
    let [busy, total] = [0, 0];
    for (const { times } of cpus()) {
      const all = times.user + times.nice + times.sys + times.idle + times.irq;
      busy += all - times.idle;
      total += all;
    }
    const isFirst = this.#readAt === -Infinity;
    if (!isFirst && total > this.#total)
      this.#share = Math.min(1, Math.max(0, (busy - this.#busy) / (total - this.#total)));
    this.#readAt = now;
    this.#busy = busy;
    this.#total = total;
    return this.#share;
  }
}
