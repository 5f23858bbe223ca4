import { InvalidOptionError } from '../base/errors.ts';
import { callable, checkOptions, integer } from '../base/options.ts';
import { staysInThread } from '../base/stays.ts';
import { signalOf } from './acquire-options.ts';
import type { SignalOptions } from './acquire-options.ts';
import { Semaphore } from './semaphore.ts';
import { Vegas } from './vegas.ts';

export interface AdaptiveLimitOptions {
  /** The first limit, an integer from `min` to `max`. Default 20, or the nearer bound. */
  readonly initial?: number;
  /** The lowest limit, an integer of at least 1. Default 1. */
  readonly min?: number;
  /** The highest limit, an integer of at least `min`. Default 1000. */
  readonly max?: number;
  /**
   * True for an error that means overload of the service (a 429, a 503, a timeout): it lowers the limit. Default: no error
   * does. The time of a failed call is ignored either way: failing is often quick.
   */
  readonly isOverload?: (error: unknown) => boolean;
}

/**
 * A semaphore that finds its own size: as many calls at a time as the service handles without queueing, and a few more. For
 * services whose capacity is unknown or changes.
 *
 * The limit follows from how long calls take, so put only calls of one kind under one limit: quick and slow calls mixed at
 * random still work, but a phase of slow calls looks like overload. The algorithm is in `Vegas`.
 */
export class AdaptiveLimit {
  readonly #vegas: Vegas;
  readonly #semaphore: Semaphore;
  readonly #isOverload: (error: unknown) => boolean;

  static {
    staysInThread(this);
  }

  /** @throws {InvalidOptionError} */
  constructor(options: AdaptiveLimitOptions = {}) {
    const given = checkOptions('adaptive limit option', options, checks);
    const { min = 1, max = Math.max(1000, min) } = given;
    const { initial = Math.min(max, Math.max(min, 20)), isOverload = () => false } = given;
    atLeast('max', max, 'min', min);
    atLeast('initial', initial, 'min', min);
    atLeast('max', max, 'initial', initial);
    this.#vegas = new Vegas({ initial, min, max });
    this.#semaphore = new Semaphore(initial);
    this.#isOverload = isOverload;
  }

  /** The number of calls that may be under way at present. */
  get limit(): number {
    return this.#semaphore.permits;
  }

  /** The number of callers that wait in line. */
  get waiting(): number {
    return this.#semaphore.waiting;
  }

  get closed(): boolean {
    return this.#semaphore.closed;
  }

  /** Waits in line, calls `fn` and measures how long it takes. Rejects like `Semaphore.use()`. */
  async use<T>(fn: () => T | PromiseLike<T>, options?: SignalOptions): Promise<T> {
    callable('fn', fn);
    // One permit each: a call that asked for several would wait for ever once the limit fell below their number.
    const signal = signalOf(options);
    return this.#semaphore.use(() => this.#measure(fn), signal && { signal });
  }

  /** Refuses waiting and later callers with `FlowClosedError`. Calls under way continue. */
  close(): void {
    this.#semaphore.close();
  }

  async #measure<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      const result = await fn();
      this.#vegas.sample(performance.now() - startedAt, this.#semaphore.permits - this.#semaphore.available);
      return result;
    } catch (error) {
      if (this.#isOverload(error)) this.#vegas.overloaded();
      throw error;
    } finally {
      if (this.#vegas.limit !== this.#semaphore.permits) this.#semaphore.resize(this.#vegas.limit);
    }
  }
}

function atLeast(option: string, value: number, other: string, bound: number): void {
  if (value >= bound) return;
  throw new InvalidOptionError(option, value, `${option} must be at least ${other} (${bound}), not ${value}`);
}

const checks = { initial: integer(1), min: integer(1), max: integer(1), isOverload: callable };
