import type { Worker } from 'node:worker_threads';
import type { LoopTimes } from '../../scheduler/dispatch/backend.ts';

/**
 * How a thread's event loop has spent its time. No reading is less than the one before: Node reads one clock after the other, and a
 * thread tells what it has polled only when it ends polling.
 */
export class LoopClock {
  #last: LoopTimes = { activeMs: 0, idleMs: 0 };

  /** @param polledMs milliseconds that the thread has polled; they count as idle. */
  read(thread: Worker | undefined, polledMs: number): LoopTimes {
    const { active = 0, idle = 0 } = thread?.performance.eventLoopUtilization() ?? {};
    const activeMs = Math.max(this.#last.activeMs, active - polledMs);
    const idleMs = Math.max(this.#last.idleMs, idle + polledMs);
    return (this.#last = { activeMs, idleMs });
  }
}
