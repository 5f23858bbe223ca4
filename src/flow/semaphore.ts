import { InvalidOptionError } from '../base/errors.ts';
import { boolean, callable, checkOptions, integer } from '../base/options.ts';
import { checkAcquireOptions } from './acquire-options.ts';
import type { AcquireOptions } from './acquire-options.ts';
import { unlessAborted } from './line.ts';
import { Permit } from './permit.ts';
import { Permits } from './permits.ts';
import type { Request } from './permits.ts';
import { ReentryGuard } from './reentry.ts';

export interface SemaphoreOptions {
  /**
   * Refuse with a `DeadlockError` what acquires the semaphore again inside its own `use()`. For development and tests: it
   * notes a stack at each `use()`, and slows down all promises of the process a little. Default false, which costs nothing.
   */
  readonly detectDeadlock?: boolean;
}

/**
 * So many permits, and a line of callers who wait for some. What needs a permit to run can't run more often at a time than
 * there are permits.
 *
 * Strictly first come, first served. Nobody overtakes, also not a small request a large one that does not fit yet.
 */
export class Semaphore {
  readonly #permits: Permits;
  readonly #guard: ReentryGuard | null;
  /** Most ask for one: the same request will do for all of them. */
  readonly #one: Request<Permit>;

  /**
   * @param permits an integer of at least 0. With 0 it is paused: everybody waits until `resize()`.
   * @throws {InvalidOptionError}
   */
  constructor(permits: number, options: SemaphoreOptions = {}) {
    integer(0)('permits', permits);
    const { detectDeadlock = false } = checkOptions('semaphore option', options, semaphoreChecks);
    this.#permits = new Permits(permits, 'semaphore');
    this.#one = this.#requestOf(1);
    this.#guard = detectDeadlock ? new ReentryGuard() : null;
  }

  /** How many permits there are, held ones included. */
  get permits(): number {
    return this.#permits.total;
  }

  /** How many are free, never below 0: after `resize()` to fewer than are held it stays 0 until enough came back. */
  get available(): number {
    return Math.max(0, this.#permits.total - this.#permits.taken);
  }

  /** How many callers wait in line. */
  get waiting(): number {
    return this.#permits.waiting;
  }

  get closed(): boolean {
    return this.#permits.closed;
  }

  /**
   * Waits for `n` permits at once.
   *
   * Rejects with the signal's reason; with `InvalidOptionError`, also for more permits than there are, which could never be
   * granted (unless there are 0 for now); with `FlowClosedError`; with `DeadlockError` if that is to be detected. A caller
   * whose signal is aborted when it has just been granted permits gives them back, and gets the reason.
   */
  acquire(options?: AcquireOptions): Promise<Permit> {
    try {
      const { n = 1, signal } = this.#check(options);
      if (this.#permits.tryTake(n)) return Promise.resolve(new Permit(this.#permits, n));
      const granted = this.#permits.take(n === 1 ? this.#one : this.#requestOf(n), signal);
      return unlessAborted(granted, signal, (permit) => permit.release());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Never waits: the permit, or `null` if so many are not free or others wait for them.
   *
   * @throws {FlowClosedError} after `close()`; `InvalidOptionError`.
   */
  tryAcquire(n = 1): Permit | null {
    integer(1)('n', n);
    if (this.#permits.closed) throw this.#permits.closedError();
    return this.#permits.tryTake(n) ? new Permit(this.#permits, n) : null;
  }

  /**
   * Acquires, calls `fn` and releases when what it returned has settled. `fn` is never called before `use()` returns, and not
   * at all if the signal is aborted before. Rejects like `acquire()`, or with what `fn` throws.
   */
  use<T>(fn: () => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    try {
      callable('fn', fn);
      const { n = 1, signal } = this.#check(options);
      const watched = this.#guard?.watch(fn) ?? fn;
      // Without a `Permit`: nobody would see it.
      const request = n === 1 ? oneUnseen : { n, grant: nothing };
      return this.#run(
        this.#permits.tryTake(n) ? undefined : this.#permits.take(request, signal),
        watched,
        n,
        signal,
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Changes how many permits there are, at once. None are taken from those who hold them: when there are fewer than are held,
   * nothing is granted until enough came back. Who waits for more than there are now stays in line, and keeps its place before
   * those behind it until there are enough again: give it a signal if that may be never.
   *
   * @param permits an integer of at least 0; 0 pauses.
   * @throws {InvalidOptionError}
   */
  resize(permits: number): void {
    integer(0)('permits', permits);
    this.#permits.resize(permits);
  }

  /** Refuses all who wait, in order, and all who come: with `FlowClosedError`. What is held may be used to its end. */
  close(): void {
    this.#permits.close();
  }

  /** A function of its own, because what it needs is kept for each caller who waits: of many, that is what costs. */
  async #run<T>(
    granted: Promise<void> | undefined,
    fn: () => T | PromiseLike<T>,
    n: number,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    await granted;
    try {
      signal?.throwIfAborted();
      return await fn();
    } finally {
      this.#permits.giveBack(n);
    }
  }

  #requestOf(n: number): Request<Permit> {
    return { n, grant: () => new Permit(this.#permits, n) };
  }

  #check(options: AcquireOptions | undefined): AcquireOptions {
    const given = checkAcquireOptions(options);
    this.#guard?.check();
    const { total } = this.#permits;
    if (given.n !== undefined && given.n > total && total > 0) {
      const message = `n must be at most ${total}, the permits of this semaphore, not ${given.n}`;
      throw new InvalidOptionError('n', given.n, message);
    }
    return given;
  }
}

const nothing = () => {};
const oneUnseen = { n: 1, grant: nothing };
const semaphoreChecks = { detectDeadlock: boolean };
