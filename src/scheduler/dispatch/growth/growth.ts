import { Timer } from '../../../base/timer.ts';
import type { RunTimes } from '../../figures/run-times.ts';
import type { Job } from '../../job/job.ts';
import { Task } from '../../../tasks/task.ts';
import { readDemand } from './demand.ts';
import type { PendingQueue } from '../pending-queue.ts';
import type { Workers } from '../workers/workers.ts';
import { workersToStart } from './workers-to-start.ts';

export interface GrowthParts {
  readonly queue: PendingQueue;
  readonly workers: Workers;
  readonly runTimes: RunTimes;
  /** Feeds workers, then calls `review()`. */
  readonly look: () => void;
}

/**
 * Starts workers when the waiting work is worth a boot (`workers-to-start.ts`). It reviews when work has to wait, and again after each
 * boot's time while work waits: a task may run longer than expected. It never reviews while every worker is up.
 */
export class Growth {
  readonly #parts: GrowthParts;
  /** Since when work has waited at every review, milliseconds on `performance.now()`; undefined while no work waits. */
  #busySince: number | undefined = undefined;
  #looksAgain = false;

  constructor(parts: GrowthParts) {
    this.#parts = parts;
  }

  /** Reviews now, and again later if work waits. Call it only within a transition: starting a thread clones its `workerData`. */
  review(): void {
    const { workers, queue, runTimes } = this.#parts;
    const most = workers.startable;
    // A boot that does not end must not hold up what waits for it.
    if (most === 0 && queue.size > 0 && workers.spares) this.#lookAgain();
    if (most === 0) return;
    const now = performance.now();
    const bootMs = workers.bootTime.ms;
    const estimateMs = ({ task }: Job) => runTimes.estimate(Task.targetOf(task));
    const demand = readDemand({ lanes: workers.lanes, queue, estimateMs, bootMs }, now);
    // Work that waits although a worker is idle is not worth waking a worker.
    if (demand.waiting === 0 || workers.idle !== undefined) this.#busySince = undefined;
    else this.#busySince ??= now;
    const count = workersToStart({ ...demand, busyForMs: now - (this.#busySince ?? now) }, bootMs, most);
    if (count > 0) {
      this.#busySince = now;
      workers.startMore(count);
    }
    if (demand.waiting > 0 && workers.startable > 0) this.#lookAgain();
  }

  /** All waiting work has been sent. */
  fed(): void {
    if (this.#parts.workers.idle !== undefined) this.#busySince = undefined;
    // Some of the work may have to wait in its worker.
    else this.#lookAgain();
  }

  /** Reviews again after a boot's time. */
  #lookAgain(): void {
    if (this.#looksAgain) return;
    this.#looksAgain = true;
    const { workers } = this.#parts;
    const look = () => {
      this.#looksAgain = false;
      this.#parts.look();
    };
    // The waiting work keeps the process alive.
    void new Timer(workers.bootTime.ms, look, { keepsAlive: false });
  }
}
