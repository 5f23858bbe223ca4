import { cpus } from 'node:os';
import { readHostLoad } from '../../host/host-load.ts';
import type { HostLoad } from '../../host/host-load.ts';

/**
 * Measures for one second which share of the machine's CPU time other processes take, 0 to 1: the load of the host less that
 * of this process. Child processes count as others; time that the hypervisor gives to other machines does not count.
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

/** Measures the load of others second by second while something else runs. */
export class OtherLoadWatch {
  readonly #read: () => Promise<number>;
  readonly #shares: number[] = [];
  #watching = true;

  /** @param read how one second is read; replaced in tests. */
  constructor(read: () => Promise<number> = readOtherLoad) {
    this.#read = read;
    void this.#watch();
  }

  /** Stops measuring. @returns the share of each complete second, 0 to 1. */
  stop(): readonly number[] {
    this.#watching = false;
    return [...this.#shares];
  }

  async #watch(): Promise<void> {
    while (this.#watching) this.#shares.push(await this.#read());
  }
}
