import { throwIfAborted } from '../base/on-abort.ts';
import { InvalidOptionError } from '../base/errors.ts';
import { boolean, callable, checkOptions, integer } from '../base/options.ts';
import { staysInThread } from '../base/stays.ts';
import { checkAcquireOptions, countOf } from './acquire-options.ts';
import type { AcquireOptions, TryAcquireOptions } from './acquire-options.ts';
import { unlessAborted } from './line.ts';
import { Permit } from './permit.ts';
import { Permits } from './permits.ts';
import type { Request } from './permits.ts';
import { ReentryGuard } from './reentry.ts';

export interface SemaphoreOptions {
  /**
   * Reject with a `DeadlockError` if code inside `use()` acquires the same semaphore again. For development and tests: it
   * captures a stack at each `use()`, and slows all promises of the process a little. Default false, which costs nothing.
   */
  readonly detectDeadlock?: boolean;
}

/**
 * A number of permits, and a line of callers that wait for them. At most as many calls run at a time as there are permits.
 *
 * Strictly FIFO: a small request never overtakes a large one that does not fit yet.
 */
export class Semaphore {
  readonly #permits: Permits;
  readonly #guard: ReentryGuard | null;
  /** Most callers ask for one permit, and share this request. */
  readonly #one: Request<Permit>;

  static {
    staysInThread(this);
  }

  /**
   * @param permits an integer of at least 0. With 0 the semaphore is paused: every caller waits until `resize()`.
   * @throws {InvalidOptionError}
   */
  constructor(permits: number, options: SemaphoreOptions = {}) {
    integer(0)('permits', permits);
    const { detectDeadlock = false } = checkOptions('semaphore option', options, semaphoreChecks);
    this.#permits = new Permits(permits, 'semaphore');
    this.#one = this.#requestOf(1);
    this.#guard = detectDeadlock ? new ReentryGuard() : null;
  }

  /** The number of permits, held ones included. */
  get permits(): number {
    return this.#permits.total;
  }

  /** The number of free permits, at least 0: after `resize()` to fewer than are held, 0 until enough have been released. */
  get available(): number {
    return Math.max(0, this.#permits.total - this.#permits.taken);
  }

  /** The number of callers that wait in line. */
  get waiting(): number {
    return this.#permits.waiting;
  }

  get closed(): boolean {
    return this.#permits.closed;
  }

  /**
   * Waits until `n` permits are free together, and takes them.
   *
   * Rejects with the signal's reason; with `InvalidOptionError`, also if `n` exceeds `permits`, unless that is 0 for now; with
   * `FlowClosedError`; or with `DeadlockError`, given `detectDeadlock`. If the signal aborts just after the grant, the
   * permits go back, and the promise rejects with the reason.
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
   * Takes `n` permits, or returns `null` if fewer are free or other callers wait. Never waits.
   *
   * @throws {FlowClosedError} after `close()`; `InvalidOptionError`.
   */
  tryAcquire(options?: TryAcquireOptions): Permit | null {
    const n = countOf(options);
    if (this.#permits.closed) throw this.#permits.closedError();
    return this.#permits.tryTake(n) ? new Permit(this.#permits, n) : null;
  }

  /**
   * Acquires, calls `fn`, and releases when the result of `fn` has settled. Calls `fn` never before `use()` returns, and not at
   * all if the signal aborts before the call. Rejects like `acquire()`, or with the error that `fn` throws.
   */
  use<T>(fn: () => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    try {
      callable('fn', fn);
      const { n = 1, signal } = this.#check(options);
      const watched = this.#guard?.watch(fn) ?? fn;
      // Without a `Permit`: no caller would see it.
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
   * Changes the number of permits at once. Holders keep their permits: after lowering the number below those held, nothing is
   * granted until enough have been released. A caller that waits for more permits than there are now stays in line, and blocks
   * the callers behind it until there are enough again: give it a signal if that may never happen.
   *
   * @param permits an integer of at least 0; 0 pauses.
   * @throws {InvalidOptionError}
   */
  resize(permits: number): void {
    integer(0)('permits', permits);
    this.#permits.resize(permits);
  }

  /** Refuses waiting callers, in order, and later ones, with `FlowClosedError`. Held permits stay valid. */
  close(): void {
    this.#permits.close();
  }

  /** A separate function, so that its closure stays small: it is kept for each waiting caller. */
  async #run<T>(
    granted: Promise<void> | undefined,
    fn: () => T | PromiseLike<T>,
    n: number,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    await granted;
    try {
      throwIfAborted(signal);
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
