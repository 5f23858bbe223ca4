import { FlowClosedError, InvalidOptionError } from '../base/errors.ts';
import { callable, checkOptions, integer, positive } from '../base/options.ts';
import { Timer } from '../base/timer.ts';
import { checkAcquireOptions } from './acquire-options.ts';
import type { AcquireOptions } from './acquire-options.ts';
import { Line } from './line.ts';

export interface RateLimiterOptions {
  /** How many may start in `perMs` in the long run, an integer of at least 1. */
  readonly limit: number;
  /** Milliseconds, above 0 and at most 2 ** 53 - 1. Default 1000. */
  readonly perMs?: number;
  /** How many may start at once after a pause, an integer of at least 1. Default 1: evenly spaced. */
  readonly burst?: number;
}

/**
 * So many starts in so much time, evenly spaced: for an API that counts calls. What counts calls *at a time* is a `Semaphore`;
 * to keep both bounds, take the permit first and the turn right before the call, so that no turn goes stale in the other line:
 *
 * ```ts
 * await semaphore.use(() => rate.use(() => fetch(url)));
 * ```
 * First come, first served. In any stretch of `perMs` at most `limit + burst - 1` start, however late timers are and however
 * long the thread is held up between a grant and its start. Timers count whole milliseconds, so for more than about 1,000 a
 * second `burst` must be at least what is to start in one.
 *
 * The algorithm is the generic cell rate algorithm (ITU-T I.371, annex A), in the form of a bucket of `burst` tokens that
 * fills with one token each `perMs / limit`. It keeps one number: when the bucket will be full again.
 *
 * A token is reserved at the grant and leaves the bucket at the start: when `use()` calls its function, when the promise of
 * `acquire()` resolves. While it is reserved it takes up room, so the bucket can't fill behind a caller that was granted its
 * turn and has not started.
 *
 * Invariants: no timer runs unless somebody waits; who waits keeps the process alive.
 */
export class RateLimiter {
  readonly #burst: number;
  readonly #msPerToken: number;
  readonly #line = new Line<number, void>(() => this.#advance());
  #fullAt = -Infinity;
  /** Tokens that were granted and have not been used. */
  #reserved = 0;
  #timer: Timer | undefined;
  #closed = false;

  /** @throws {InvalidOptionError} */
  constructor(options: RateLimiterOptions) {
    const { limit, perMs = 1000, burst = 1 } = checkOptions('rate limiter option', options, checks);
    integer(1)('limit', limit);
    this.#burst = burst;
    this.#msPerToken = perMs / limit;
  }

  /** How many callers wait in line. */
  get waiting(): number {
    return this.#line.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Waits until it is the caller's turn to start `n`. Rejects with the signal's reason, with `InvalidOptionError` (also for an
   * `n` above `burst`, which could never be granted) or with `FlowClosedError`. The turn is
   * charged when the promise resolves: start then. (`use()` charges when it calls its function, which is exact.)
   */
  acquire(options?: AcquireOptions): Promise<void> {
    return this.use(nothing, options);
  }

  /**
   * Never waits: whether `n` may start now.
   *
   * @throws {FlowClosedError} after `close()`; `InvalidOptionError`.
   */
  tryAcquire(n = 1): boolean {
    this.#check(n);
    if (!this.#tryReserve(n)) return false;
    this.#start(n);
    return true;
  }

  /**
   * Waits for its turn and calls `fn`, never before `use()` returns. Rejects like `acquire()`, or with what `fn` throws. If the
   * signal is aborted before, `fn` is not called and the turn is given back.
   */
  async use<T>(fn: () => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    callable('fn', fn);
    const { n = 1, signal } = checkAcquireOptions(options);
    this.#check(n);
    await (this.#tryReserve(n) ? undefined : this.#wait(n, signal));
    if (signal?.aborted === true) {
      this.#giveBack(n);
      throw signal.reason;
    }
    this.#start(n);
    return await fn();
  }

  /** Refuses all who wait, in order, and all who come, with `FlowClosedError`. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    for (let waiter = this.#line.shift(); waiter !== undefined; waiter = this.#line.shift()) {
      waiter.refuse(closedError());
    }
  }

  /** Grants what is due, and sets the timer for the next in line. */
  #advance(): void {
    this.#timer?.cancel();
    if (this.#closed) return;
    for (let { first } = this.#line; first !== undefined; first = this.#line.first) {
      const ms = this.#msUntil(first.asks);
      if (ms > 0) {
        this.#timer = new Timer(ms, () => this.#advance());
        return;
      }
      this.#line.shift();
      this.#reserved += first.asks;
      first.answer();
    }
  }

  /** A turn that nobody has used: the next in line may start the sooner. */
  #giveBack(n: number): void {
    this.#reserved -= n;
    this.#advance();
  }

  #check(n: number): void {
    integer(1)('n', n);
    if (n > this.#burst) {
      const message = `n must be at most ${this.#burst}, the burst of this rate limiter, not ${n}`;
      throw new InvalidOptionError('n', n, message);
    }
    if (this.#closed) throw closedError();
  }

  #tryReserve(n: number): boolean {
    if (this.#line.size > 0 || this.#msUntil(n) > 0) return false;
    this.#reserved += n;
    return true;
  }

  #wait(n: number, signal: AbortSignal | undefined): Promise<void> {
    const granted = this.#line.wait(n, signal);
    if (this.#line.size === 1) this.#advance();
    return granted;
  }

  /** Until so many could start besides those that have a grant already; they may all start later than now. */
  #msUntil(n: number): number {
    const now = performance.now();
    return Math.max(this.#fullAt, now) + (this.#reserved + n - this.#burst) * this.#msPerToken - now;
  }

  #start(n: number): void {
    this.#reserved -= n;
    this.#fullAt = Math.max(this.#fullAt, performance.now()) + n * this.#msPerToken;
  }
}

const nothing = () => {};

function closedError(): FlowClosedError {
  return new FlowClosedError('the rate limiter is closed');
}

const checks = { limit: integer(1), perMs: positive, burst: integer(1) };
