import { cpus } from 'node:os';
import { readHostLoad } from '../../host/host-load.ts';
import type { HostLoad } from '../../host/host-load.ts';

/**
 * What other processes take of the machine's CPU time, 0 to 1, over a second: what the host is busy with, less this process.
 * Its children count as others; what the hypervisor gives to other machines does not count at all.
 *
 * @param read how the host's load is read; replaced in tests.
 */
export async function readOtherLoad(read: () => Promise<HostLoad> = readHostLoad): Promise<number> {
  const start = performance.now();
  const own = process.cpuUsage();
  const { cpuShare } = await read();
  const { user, system } = process.cpuUsage(own);
  const allMs = (performance.now() - start) * cpus().length;
  return Math.max(0, cpuShare - (user + system) / 1000 / allMs);
}

/** Reads one second after the other while something else runs. */
export class OtherLoadWatch {
  readonly #read: () => Promise<number>;
  readonly #shares: number[] = [];
  #watching = true;

  /** @param read how one second is read; replaced in tests. */
  constructor(read: () => Promise<number> = readOtherLoad) {
    this.#read = read;
    void this.#watch();
  }

  /** Ends it. @returns what each whole second has shown. */
  stop(): readonly number[] {
    this.#watching = false;
    return [...this.#shares];
  }

  async #watch(): Promise<void> {
    while (this.#watching) this.#shares.push(await this.#read());
  }
}
