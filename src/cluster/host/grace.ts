import { longestTimer } from '../../base/options.ts';

interface Step {
  readonly lateMs: number;
  readonly run: () => void;
  timer: NodeJS.Timeout | undefined;
}

/** A time limit that starts without an end. Each call of `shorten()` may bring its end nearer, and none puts it off. */
export class Grace {
  #endsAt = Infinity;
  readonly #steps = new Set<Step>();

  /** The limit ends in so many milliseconds, or earlier if it did before. */
  shorten(ms: number): void {
    const endsAt = performance.now() + ms;
    if (endsAt >= this.#endsAt) return;
    this.#endsAt = endsAt;
    for (const step of this.#steps) this.#arm(step);
  }

  /** Calls `run` so many milliseconds after the end. The returned function calls that off. */
  after(lateMs: number, run: () => void): () => void {
    const step: Step = { lateMs, run, timer: undefined };
    this.#steps.add(step);
    this.#arm(step);
    return () => {
      clearTimeout(step.timer);
      this.#steps.delete(step);
    };
  }

  #arm(step: Step): void {
    clearTimeout(step.timer);
    const delayMs = this.#endsAt + step.lateMs - performance.now();
    if (delayMs <= longestTimer) step.timer = setTimeout(step.run, Math.max(0, delayMs));
  }
}
