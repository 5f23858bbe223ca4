import { FlowClosedError, InvalidOptionError } from '../errors.ts';
import { callable, checkOptions, integer, longestTimer, positive } from '../options.ts';
import { checkAcquireOptions } from './acquire-options.ts';
import type { AcquireOptions } from './acquire-options.ts';
import { Line, unlessAborted } from './line.ts';

export interface RateLimiterOptions {
  /** How many may start in `perMs` in the long run, an integer of at least 1. */
  readonly limit: number;
  /** Milliseconds, above 0. Default 1000. */
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
 * First come, first served. In any stretch of `perMs` at most `limit + burst - 1` start, however late timers are: a turn that
 * nobody took in time is lost but for `burst` of them. Timers count whole milliseconds, so for more than about 1,000 a second
 * `burst` must be at least what is to start in one.
 *
 * The algorithm is the generic cell rate algorithm (ITU-T I.371, annex A), in the form of a bucket of `burst` tokens that
 * fills with one token each `perMs / limit`. It keeps one number: when the bucket will be full again.
 *
 * Invariants: no timer runs unless somebody waits; who waits keeps the process alive.
 */
export class RateLimiter {
  readonly #burst: number;
  readonly #msPerToken: number;
  readonly #line = new Line<number, void>(() => this.#advance());
  #fullAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
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
   * `n` above `burst`, which could never be granted) or with `FlowClosedError`.
   */
  acquire(options?: AcquireOptions): Promise<void> {
    try {
      const { n = 1, signal } = checkAcquireOptions(options);
      if (this.tryAcquire(n)) return Promise.resolve();
      const granted = this.#line.wait(n, signal);
      if (this.#line.size === 1) this.#advance();
      return unlessAborted(granted, signal, () => this.#giveBack(n));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Never waits: whether `n` may start now.
   *
   * @throws {FlowClosedError} after `close()`; `InvalidOptionError`.
   */
  tryAcquire(n = 1): boolean {
    integer(1)('n', n);
    if (n > this.#burst) {
      throw new InvalidOptionError(
        'n',
        n,
        `n must be at most ${this.#burst}, the burst of this rate limiter, not ${n}`,
      );
    }
    if (this.#closed) throw closedError();
    if (this.#line.size > 0 || this.#msUntil(n) > 0) return false;
    this.#take(n);
    return true;
  }

  /**
   * Waits for its turn and calls `fn`, never before `use()` returns. Rejects like `acquire()`, or with what `fn` throws. If the
   * signal is aborted before, `fn` is not called and the turn is given back.
   */
  async use<T>(fn: () => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    callable('fn', fn);
    await this.acquire(options);
    if (options?.signal?.aborted === true) {
      this.#giveBack(options.n ?? 1);
      throw options.signal.reason;
    }
    return await fn();
  }

  /** Refuses all who wait, in order, and all who come, with `FlowClosedError`. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (let waiter = this.#line.shift(); waiter !== undefined; waiter = this.#line.shift()) {
      waiter.refuse(closedError());
    }
  }

  /** Grants what is due, and sets the timer for the next in line. */
  #advance(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    for (let { first } = this.#line; first !== undefined; first = this.#line.first) {
      const ms = this.#msUntil(first.asks);
      if (ms > 0) {
        // Rounded up: a timer cuts off fractions. It may still fire early, a little by this clock, or because the turn is further
        // away than a timer can be set: then it is set again.
        this.#timer = setTimeout(() => this.#advance(), Math.min(Math.ceil(ms), longestTimer));
        return;
      }
      this.#line.shift();
      this.#take(first.asks);
      first.answer();
    }
  }

  /** A turn that nobody has used: the next in line may start the sooner. */
  #giveBack(n: number): void {
    this.#take(-n);
    this.#advance();
  }

  #msUntil(n: number): number {
    const now = performance.now();
    return Math.max(this.#fullAt, now) + (n - this.#burst) * this.#msPerToken - now;
  }

  #take(n: number): void {
    this.#fullAt = Math.max(this.#fullAt, performance.now()) + n * this.#msPerToken;
  }
}

function closedError(): FlowClosedError {
  return new FlowClosedError('the rate limiter is closed');
}

const checks = { limit: integer(1), perMs: positive, burst: integer(1) };
