import { Timer } from '../../../base/timer.ts';

/** The most timeouts that a worker may be idle. */
const maxPatience = 8;
/** A worker that is wanted again within this many timeouts after its end was ended too early. */
const regretted = 2;

/**
 * How many timeouts the next worker at a place may be idle, 1 to 8: twice as many as the last worker, if that was ended for being
 * idle and is wanted again soon after; else one. (Supervisors limit restarts likewise. Without it, work that comes a little less
 * often than the timeout would boot a worker each time.)
 *
 * @param patience how many timeouts the worker that was ended could be idle.
 * @param endedForMs milliseconds since its end.
 */
export function nextPatience(patience: number, endedForMs: number, timeoutMs: number): number {
  return endedForMs <= regretted * timeoutMs ? Math.min(maxPatience, 2 * patience) : 1;
}

/** An idle worker. */
export interface Idle {
  /** Its place. */
  readonly index: number;
  /** Milliseconds on `performance.now()`. */
  readonly idleSince: number;
}

/** Tells when a worker has been idle for too long. It knows places by their index. */
export class IdleTimeout {
  readonly #timeoutMs: number;
  readonly #due: () => void;
  /** By place: how many timeouts its worker may be idle; undefined counts as 1. */
  readonly #patience: (number | undefined)[] = [];
  /** By place: when its worker was ended for being idle, milliseconds on `performance.now()`, until a worker is wanted again. */
  readonly #endedAt: (number | undefined)[] = [];
  #timer: Timer | null = null;
  #timerAt = Infinity;

  /** @param due called when a worker may have been idle for too long. The timer does not keep the process alive. */
  constructor(timeoutMs: number, due: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#due = due;
  }

  /** Of the workers that have been idle for too long, the one idle for longest. If there is none, `due` is called in time. */
  overdue<I extends Idle>(idle: Iterable<I>): I | undefined {
    const now = performance.now();
    let longest: I | undefined;
    let nextMs = Infinity;
    for (const each of idle) {
      const leftMs = each.idleSince + this.#timeoutMs * (this.#patience[each.index] ?? 1) - now;
      if (leftMs > 0) nextMs = Math.min(nextMs, leftMs);
      else if (longest === undefined || each.idleSince < longest.idleSince) longest = each;
    }
    if (longest === undefined && nextMs < Infinity) this.#arm(nextMs);
    return longest;
  }

  /** A worker has become idle: `due` is called after a timeout, or sooner. */
  watch(): void {
    this.#arm(this.#timeoutMs);
  }

  /** The worker at this place is ended for being idle. */
  ended(index: number): void {
    this.#endedAt[index] = performance.now();
  }

  /** A worker is started at this place because work waits. */
  wanted(index: number): void {
    const endedAt = this.#endedAt[index];
    if (endedAt === undefined) return;
    const endedForMs = performance.now() - endedAt;
    this.#patience[index] = nextPatience(this.#patience[index] ?? 1, endedForMs, this.#timeoutMs);
    this.#endedAt[index] = undefined;
  }

  /** Cancels the timer. */
  stop(): void {
    this.#timer?.cancel();
  }

  /** Makes the timer, one for all places, ring no later than this. If it rings too early, `overdue()` sets it again. */
  #arm(delayMs: number): void {
    const at = performance.now() + delayMs;
    if (at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    const ring = () => {
      this.#timerAt = Infinity;
      this.#due();
    };
    this.#timer = new Timer(delayMs, ring, { keepsAlive: false });
  }
}
