import { InvalidOptionError } from '../base/errors.ts';
import { callable, checkOptions, integer } from '../base/options.ts';
import { signalOf } from './acquire-options.ts';
import type { SignalOptions } from './acquire-options.ts';
import { Semaphore } from './semaphore.ts';
import { Vegas } from './vegas.ts';

export interface AdaptiveLimitOptions {
  /** Where it begins, an integer from `min` to `max`. Default 20, or the bound that is nearer. */
  readonly initial?: number;
  /** Never fewer, an integer of at least 1. Default 1. */
  readonly min?: number;
  /** Never more, an integer of at least `min`. Default 1000. */
  readonly max?: number;
  /**
   * Whether an error says that the other side has too much to do (a 429, a 503, a timeout): the limit is lowered. Default: none
   * does. The time of a call that failed is not looked at either way: failing is often quick.
   */
  readonly isOverload?: (error: unknown) => boolean;
}

/**
 * A semaphore that finds its own size: as many calls at a time as the other side works on without queueing, and a few more.
 * For input and output whose capacity nobody knows, or that changes.
 *
 * It looks at how long calls take, so put only calls of one kind under one limit: with quick and slow ones mixed at random it
 * still works, but a phase of slow ones looks like overload. The algorithm is in `Vegas`.
 */
export class AdaptiveLimit {
  readonly #vegas: Vegas;
  readonly #semaphore: Semaphore;
  readonly #isOverload: (error: unknown) => boolean;

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

  /** How many calls may be under way at present. */
  get limit(): number {
    return this.#semaphore.permits;
  }

  /** How many callers wait in line. */
  get waiting(): number {
    return this.#semaphore.waiting;
  }

  get closed(): boolean {
    return this.#semaphore.closed;
  }

  /** Waits in line, calls `fn` and notes how long it takes. Rejects like `Semaphore.use()`. */
  async use<T>(fn: () => T | PromiseLike<T>, options?: SignalOptions): Promise<T> {
    callable('fn', fn);
    // One permit each: who asks for several at a time would wait for ever once the limit has fallen below that.
    const signal = signalOf(options);
    return this.#semaphore.use(() => this.#measure(fn), signal && { signal });
  }

  /** Refuses all who wait and all who come, with `FlowClosedError`. */
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
