/**
 * How busy the machine is, for a progress line. The numbers are the host's, not the container's.
 *
 * Sampler:  stopped ── start ──→ sampling (1 s) ── sample ends ──→ resting (1 s) ──→ sampling …
 *           and from each of the two, stop ──→ stopped.
 *
 * Invariant: after the work of the process has ended, at most the sample under way keeps it alive. os-utils
 * waits with a referenced timer that no code can reach, so one sample must never follow another directly:
 * between them lies an unreferenced timer, during which the process may exit.
 */
import { cpuUsage, freemem, totalmem } from 'os-utils';

const MIB = 1024 * 1024;
const REST_MS = 1_000;

/** The load of the whole machine over one second. */
export interface HostLoad {
  /** The part of all CPU time that was not idle, 0 to 1; 0 also where the system counts no CPU time. */
  readonly cpuShare: number;
  /** Free memory at the end of that second, in bytes; on Linux what could be had without swapping. */
  readonly freeMemoryBytes: number;
  /** Installed memory, in bytes. */
  readonly totalMemoryBytes: number;
}

/**
 * Measures for one second, which also keeps the process alive for that second. Calls are independent of one
 * another; each one measures its own second.
 */
export function readHostLoad(): Promise<HostLoad> {
  return new Promise((resolve) => {
    cpuUsage((share) => {
      resolve({
        cpuShare: toShare(share),
        // os-utils divides by 2^20, so multiplying gives back the exact number.
        freeMemoryBytes: freemem() * MIB,
        totalMemoryBytes: totalmem() * MIB,
      });
    });
  });
}

/**
 * os-utils computes 1 - idle / total from two counts of ticks: NaN or infinite when no tick passed between
 * them, and outside 0..1 when a counter ran backwards, as it may when the kernel corrects its idle time or a
 * CPU goes offline.
 */
function toShare(share: number): number {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
}

/** Measures for a second, rests for a second, and so on, and remembers the last result. */
export class HostLoadSampler {
  readonly #read: () => Promise<HostLoad>;
  #latest: HostLoad | undefined;
  /** The identity of the current run. A sample that belongs to an earlier one is dropped when it ends. */
  #run: symbol | undefined;
  #rest: NodeJS.Timeout | undefined;

  /** @param read how one sample is taken; replaced in tests */
  constructor(read: () => Promise<HostLoad> = readHostLoad) {
    this.#read = read;
  }

  /** The last complete sample, also after `stop()`; undefined until there is one, which takes a second. */
  get latest(): HostLoad | undefined {
    return this.#latest;
  }

  /** Begins to measure. Without effect while it already does. */
  start(): void {
    if (this.#run !== undefined) return;
    this.#run = Symbol('run');
    void this.#sample(this.#run);
  }

  /**
   * Stops measuring. A sample under way cannot be called off: its result is dropped, but the process stays
   * alive until its second is over. Idempotent; `start()` may follow.
   */
  stop(): void {
    this.#run = undefined;
    clearTimeout(this.#rest);
  }

  /** Never rejects: a line of decoration is no reason to end a process, so a failed sample is left out. */
  async #sample(run: symbol): Promise<void> {
    let load: HostLoad | undefined;
    try {
      load = await this.#read();
    } catch {
      load = this.#latest;
    }
    if (this.#run !== run) return;
    this.#latest = load;
    this.#rest = setTimeout(() => void this.#sample(run), REST_MS);
    this.#rest.unref();
  }
}
