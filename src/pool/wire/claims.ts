import { workerLimits } from './worker-limits.ts';

// A task may replace them.
const { Float64Array, Int32Array, SharedArrayBuffer } = globalThis;

/** Rooms of one worker: one for each batch in flight, and one for an answered batch that the main thread is still reading. */
export const rooms: number = workerLimits.maxBatches + 1;
/** Claim words in one room. */
export const roomLength: number = workerLimits.maxJobs;

/**
 * States of a claim word. Only the worker writes `running`, `finished` and `moved`, only the main thread the others. `moved`:
 * the task continues with a word of its own; see `../worker/parking/README.md`.
 */
export const claim = { sent: 0, running: 1, finished: 2, taken: 3, stopping: 4, moved: 5 } as const;

/** Index of the second word of a task that has parked: 1 while the task has the thread. Only the worker writes it. */
export const hasThread = 1;

/**
 * State of the worker's reports: none on its way, one on its way (`sent`), or one on its way and another waiting (`more`).
 * The worker advances it; the main thread resets it to `none`.
 */
const report = { none: 0, sent: 1, more: 2 } as const;

/**
 * The shared memory of one worker, as both sides see it: one word and two times for each task on its way, and the state of
 * the reports. It outlives the thread.
 */
export class Claims {
  readonly shared: SharedArrayBuffer;
  readonly words: Int32Array;
  /** Milliseconds on the main thread's clock. */
  readonly startedAt: Float64Array;
  readonly endedAt: Float64Array;
  readonly #reports: Int32Array;

  /** @param count words; even, because the times after them lie on multiples of 8 bytes. */
  constructor(shared?: SharedArrayBuffer, count: number = rooms * roomLength) {
    this.shared = shared ?? new SharedArrayBuffer(count * (4 + 8 + 8) + 4);
    this.words = new Int32Array(this.shared, 0, count);
    this.startedAt = new Float64Array(this.shared, count * 4, count);
    this.endedAt = new Float64Array(this.shared, count * 12, count);
    this.#reports = new Int32Array(this.shared, count * 20, 1);
  }

  /** Worker: may a report be sent now? If not, the main thread posts `Resume` when it may. */
  mayReport(): boolean {
    if (Atomics.compareExchange(this.#reports, 0, report.none, report.sent) === report.none) return true;
    Atomics.compareExchange(this.#reports, 0, report.sent, report.more);
    // The main thread may have taken the report between the two operations: it would never post `Resume`.
    return Atomics.compareExchange(this.#reports, 0, report.none, report.sent) === report.none;
  }

  /** Main thread: a report has arrived. True if the worker waits to send another one. */
  reportTaken(): boolean {
    return Atomics.exchange(this.#reports, 0, report.none) === report.more;
  }
}
