import { InvalidOptionError } from '../base/errors.ts';
import { show } from '../base/options.ts';
import { isStep, noStep } from '../base/source.ts';
import type { OpenSource } from '../base/source.ts';

/** Something to do, not begun. The signal is aborted when its result is wanted no more. */
export type Thunk<T> = (signal: AbortSignal) => T | PromiseLike<T>;

/** Who gets what comes of a pull: one of the first two, and then `arrived()` if the source took its time. */
export interface Taker<T> {
  pulled(thunk: Thunk<T>): void;
  /** No more will come: the source has ended, or failed with this reason. */
  sourceEnded(error: { readonly reason: unknown } | null): void;
  arrived(): void;
}

/**
 * Pulls thunks from a source, one at a time, and only when told to. It knows nothing of what becomes of them.
 *
 * Idle, or pulling: while a step of the source is awaited nothing else is pulled. It may come when nobody wants it any more, or
 * never.
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

  /** Takes one step. Never throws: what the source throws is its end. */
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

  /** Lets the source clean up. In the midst of a pull it does so when that is done, which may be never: it is not waited for. */
  async close(): Promise<void> {
    const closed = this.#source.return?.();
    if (!this.#pulling) await closed;
    else Promise.resolve(closed).catch(() => {});
  }

  // Made once, and not for each item.
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
