import type { Future } from '../index.ts';

/**
 * Ends the threads of tasks whose clients have gone, at a bounded rate. A thread costs CPU to start: a storm of disconnects or
 * of missed deadlines must not become a storm of thread starts.
 *
 * At most one thread per worker and second ends, all of a second's at once if need be. The other tasks wait: most return by
 * themselves meanwhile, which costs nothing, and a task that never returns is ended in its turn.
 */
export class Interrupts {
  readonly #intervalMs: number;
  /** The theoretical arrival time of the next end, on `performance.now()`'s clock (GCRA, the leaky bucket of ATM). */
  #paidUntil = 0;
  /** Futures of tasks to end, oldest first: running ones, at most one per worker, and some that have returned since. */
  readonly #overdue = new Set<Future<unknown>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(perSecond: number) {
    this.#intervalMs = 1000 / perSecond;
  }

  /** Ends the thread that still runs the task of this settled future, at once or later. */
  end(future: Future<unknown>): void {
    for (const other of this.#overdue) if (!other.holdsThread) this.#overdue.delete(other);
    this.#overdue.add(future);
    this.#endDue();
  }

  #endDue(): void {
    clearTimeout(this.#timer);
    for (const future of this.#overdue) {
      if (future.holdsThread) {
        const now = performance.now();
        const paidUntil = Math.max(now, this.#paidUntil) + this.#intervalMs;
        const earlyMs = paidUntil - 1000 - now;
        if (earlyMs > 0) {
          this.#timer = setTimeout(() => this.#endDue(), earlyMs).unref();
          return;
        }
        this.#paidUntil = paidUntil;
        future.cancel(undefined, { interrupt: true });
      }
      this.#overdue.delete(future);
    }
  }
}
