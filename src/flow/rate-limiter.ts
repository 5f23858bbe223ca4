import { isAborted, reasonOf } from '../base/on-abort.ts';
import { FlowClosedError, InvalidOptionError } from '../base/errors.ts';
import { callable, checkOptions, integer, positive } from '../base/options.ts';
import { staysInThread } from '../base/stays.ts';
import { Timer } from '../base/timer.ts';
import { checkAcquireOptions, countOf } from './acquire-options.ts';
import type { AcquireOptions, TryAcquireOptions } from './acquire-options.ts';
import { Line } from './line.ts';

export interface RateLimiterOptions {
  /** Starts per `perMs` in the long run, an integer of at least 1. */
  readonly limit: number;
  /** Length of the period in milliseconds, above 0 and at most 2 ** 53 - 1. Default 1000. */
  readonly perMs?: number;
  /** Starts at once after a pause, an integer of at least 1. Default 1: evenly spaced. */
  readonly burst?: number;
}

/**
 * Bounds the number of calls that start in a given time, evenly spaced: for an API that counts calls. A `Semaphore` bounds calls *at a
 * time*. To keep both bounds take the permit first, then the turn right before the call, so that no turn goes stale in the other line:
 *
 * ```ts
 * await semaphore.use(() => rate.use(() => fetch(url)));
 * ```
 * First come, first served. In any period of `perMs` at most `limit + burst - 1` calls start, however late timers fire and however
 * long the thread is busy between a grant and its start. Timers count whole milliseconds, so for more than about 1,000 starts a
 * second `burst` must be at least the number of starts in one millisecond.
 *
 * The algorithm is the generic cell rate algorithm (ITU-T I.371, annex A), in the form of a bucket of `burst` tokens that
 * fills with one token each `perMs / limit`. It keeps one number: when the bucket will be full again.
 *
 * A token is reserved at the grant and leaves the bucket at the start: when `use()` calls its function, or when the promise of
 * `acquire()` resolves. A reserved token takes up room, so the bucket can't fill behind a caller that was granted its turn and
 * has not started.
 *
 * Invariants: no timer runs unless a caller waits; a waiting caller keeps the process alive.
 */
export class RateLimiter {
  readonly #burst: number;
  readonly #msPerToken: number;
  readonly #line = new Line<number, void>(() => this.#advance());
  #fullAt = -Infinity;
  /** Tokens that were granted and not used yet. */
  #reserved = 0;
  #timer: Timer | undefined;
  #closed = false;

  static {
    staysInThread(this);
  }

  /** @throws {InvalidOptionError} */
  constructor(options: RateLimiterOptions) {
    const { limit, perMs = 1000, burst = 1 } = checkOptions('rate limiter option', options, checks);
    integer(1)('limit', limit);
    this.#burst = burst;
    this.#msPerToken = perMs / limit;
  }

  /** The number of callers that wait in line. */
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
   * Takes `n` starts if they are free now and no caller waits. Never waits. Returns true if they were taken.
   *
   * @throws {FlowClosedError} after `close()`; `InvalidOptionError`.
   */
  tryAcquire(options?: TryAcquireOptions): boolean {
    const n = countOf(options);
    this.#check(n);
    if (!this.#tryReserve(n)) return false;
    this.#start(n);
    return true;
  }

  /**
   * Waits for the turn, then calls `fn`, never before `use()` returns. Rejects like `acquire()`, or with the error that `fn` throws.
   * If the signal aborts before the call, `fn` is not called and the turn is given back.
   */
  async use<T>(fn: () => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    callable('fn', fn);
    const { n = 1, signal } = checkAcquireOptions(options);
    this.#check(n);
    await (this.#tryReserve(n) ? undefined : this.#wait(n, signal));
    if (signal !== undefined && isAborted(signal)) {
      this.#giveBack(n);
      throw reasonOf(signal);
    }
    this.#start(n);
    return await fn();
  }

  /** Refuses waiting callers, in order, and later ones, with `FlowClosedError`. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    for (let waiter = this.#line.shift(); waiter !== undefined; waiter = this.#line.shift()) {
      waiter.refuse(closedError());
    }
  }

  /** Grants the turns that are due, and sets the timer for the next caller. */
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

  /** Returns an unused turn: the next caller may start sooner. */
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

  /** Milliseconds until `n` starts fit besides those already granted; these may all start later than now. */
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
