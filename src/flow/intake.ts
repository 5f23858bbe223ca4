import { InvalidOptionError } from '../base/errors.ts';
import { show } from '../base/options.ts';
import { isStep, noStep } from '../base/source.ts';
import type { OpenSource } from '../base/source.ts';

/** A function that starts an operation and returns its result. The signal aborts when the result is no longer needed. */
export type Thunk<T> = (signal: AbortSignal) => T | PromiseLike<T>;

/** Receives the result of a pull: one of the first two methods is called, then `arrived()` if the source was asynchronous. */
export interface Taker<T> {
  pulled(thunk: Thunk<T>): void;
  /** The source has ended, or failed with this reason. */
  sourceEnded(error: { readonly reason: unknown } | null): void;
  arrived(): void;
}

/**
 * Pulls thunks from a source, one at a time and on demand. Does not run them.
 *
 * Idle, or pulling: one step of the source at a time. The step may arrive after the stream has stopped, or never.
 */
export class Intake<T> {
  readonly #source: OpenSource<Thunk<T>>;
  readonly #taker: Taker<T>;
  #pulling = false;

  constructor(source: OpenSource<Thunk<T>>, taker: Taker<T>) {
    this.#source = source;
    this.#taker = taker;
  }

  get pulling(): boolean {
    return this.#pulling;
  }

  /** Takes one step. Never throws: an error of the source ends it. */
  pull(): void {
    try {
      const step = this.#source.next();
      if (!(step instanceof Promise)) return this.#take(step);
      this.#pulling = true;
      step.then(this.#stepped, this.#failed);
    } catch (error) {
      this.#taker.sourceEnded({ reason: error });
    }
  }

  /** Calls the source's `return()`; during a pull only after it, without waiting: that pull may never end. */
  async close(): Promise<void> {
    const closed = this.#source.return?.();
    if (!this.#pulling) await closed;
    else Promise.resolve(closed).catch(() => {});
  }

  // Made once, not for each item.
  readonly #stepped = (step: IteratorResult<Thunk<T>, unknown>): void => {
    this.#pulling = false;
    this.#take(step);
    this.#taker.arrived();
  };

  readonly #failed = (reason: unknown): void => {
    this.#pulling = false;
    this.#taker.sourceEnded({ reason });
    this.#taker.arrived();
  };

  #take(step: IteratorResult<Thunk<T>, unknown>): void {
    if (!isStep(step)) this.#taker.sourceEnded({ reason: noStep(step) });
    else if (step.done === true) this.#taker.sourceEnded(null);
    else if (typeof step.value === 'function') this.#taker.pulled(step.value);
    else {
      this.#taker.sourceEnded({ reason: noThunk(step.value) });
      this.close().catch(() => {});
    }
  }
}

function noThunk(value: unknown): InvalidOptionError {
  const hint = value instanceof Promise ? ': a promise already runs, so that nothing limits it any more' : '';
  return new InvalidOptionError(
    'source',
    value,
    `the source must yield functions, not ${show(value)}${hint} (write () => work(item))`,
  );
}
