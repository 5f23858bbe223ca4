import type { Future } from '../index.ts';

/**
 * Ends threads under tasks that nobody waits for any more, so many a second at the most. A thread takes some 30 ms of CPU to
 * start; a storm of disconnects or of missed deadlines must not become a storm of those.
 *
 * As many may be ended at once as in a second. The others are looked at again when one may be: most have returned by then,
 * which costs nothing; one that never would is ended in its turn.
 */
export class Interrupts {
  readonly #intervalMs: number;
  /** On `performance.now()`'s clock: up to here the ends that were had are paid for (GCRA, the leaky bucket of ATM). */
  #paidUntil = 0;
  /** Oldest first. Those that run, not more than there are workers, and those that have returned since. */
  readonly #overdue = new Set<Future<unknown>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(perSecond: number) {
    this.#intervalMs = 1000 / perSecond;
  }

  /** Has the thread ended that still runs this task, of a future that has settled. */
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
