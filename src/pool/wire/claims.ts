/**
 * Deliveries that a worker can have at the same time: four, those included whose tasks were all taken back, and one that it is
 * through with and that is still being read.
 */
export const segments = 5;
/** Tasks of one delivery at the most. */
export const segmentLength = 256;

/**
 * States of a claim word. Only the worker writes `running`, `finished` and `moved`, only the main thread the others. `moved`:
 * the task goes on with a word of its own; see `parking.ts`.
 */
export const claim = { sent: 0, running: 1, finished: 2, taken: 3, stopping: 4, moved: 5 } as const;

/** Index of the second word of a task that has waited: 1 while it has the thread. Only the worker writes it. */
export const hasThread = 1;

/**
 * Where the worker's latest report is: nowhere, on its way to the main thread, or on its way with another one behind it.
 * The worker moves it on, the main thread back to `none`.
 */
const report = { none: 0, sent: 1, more: 2 } as const;

/**
 * The shared memory of one worker, as both sides see it: one word and two times for each task on its way, and the state
 * of the reports. It outlives the thread.
 */
export class Claims {
  readonly shared: SharedArrayBuffer;
  readonly words: Int32Array;
  /** Milliseconds on the main thread's clock. */
  readonly startedAt: Float64Array;
  readonly endedAt: Float64Array;
  readonly #reports: Int32Array;

  /** @param count words; even, because the times after them lie on multiples of 8 bytes. */
  constructor(shared?: SharedArrayBuffer, count: number = segments * segmentLength) {
    this.shared = shared ?? new SharedArrayBuffer(count * (4 + 8 + 8) + 4);
    this.words = new Int32Array(this.shared, 0, count);
    this.startedAt = new Float64Array(this.shared, count * 4, count);
    this.endedAt = new Float64Array(this.shared, count * 12, count);
    this.#reports = new Int32Array(this.shared, count * 20, 1);
  }

  /** Worker: may a report be sent now? If not, the main thread will say when. */
  mayReport(): boolean {
    if (Atomics.compareExchange(this.#reports, 0, report.none, report.sent) === report.none) return true;
    Atomics.compareExchange(this.#reports, 0, report.sent, report.more);
    // Taken between the two: nobody would say when.
    return Atomics.compareExchange(this.#reports, 0, report.none, report.sent) === report.none;
  }

  /** Main thread: a report has arrived. True if the worker waits to send another one. */
  reportTaken(): boolean {
    return Atomics.exchange(this.#reports, 0, report.none) === report.more;
  }
}
