/*
 * The alternative that was not built in, to be measured: CoDel as folly has it (Codel.h) with the newest first under overload,
 * instead of a predicted wait. Nothing is refused when it comes; what has waited longer than twice the target is dropped
 * while the queue stands.
 */
const targetMs = 50;
const intervalMs = 500;

export class CodelQueue {
  #executor;
  #pending = new Set();
  #smallestMs = Infinity;
  #intervalEndsAt = 0;
  #overloaded = false;
  #submitted = 0;

  constructor(executor) {
    this.#executor = executor;
  }

  async run(task) {
    // Newest first: a larger priority for each.
    const priority = this.#overloaded ? ++this.#submitted : 0;
    const future = this.#executor.trySubmit(task, { priority });
    if (future === null) throw unavailable();
    this.#pending.add(future);
    try {
      return await future.result();
    } catch {
      throw unavailable();
    } finally {
      this.#pending.delete(future);
      const { submittedAt, startedAt } = future.timing;
      if (startedAt !== undefined) this.#dequeued(startedAt - submittedAt);
    }
  }

  #dequeued(delayMs) {
    const now = performance.now();
    this.#smallestMs = Math.min(this.#smallestMs, delayMs);
    if (now > this.#intervalEndsAt) {
      this.#overloaded = this.#smallestMs > targetMs;
      this.#smallestMs = Infinity;
      this.#intervalEndsAt = now + intervalMs;
    }
    if (!this.#overloaded) return;
    for (const future of this.#pending) {
      if (future.state === 'pending' && now - future.timing.submittedAt > 2 * targetMs) future.cancel();
    }
  }
}

const unavailable = () => Object.assign(new Error('overloaded'), { statusCode: 503 });
