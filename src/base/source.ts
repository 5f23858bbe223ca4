import { InvalidOptionError } from './errors.ts';
import { show } from './options.ts';

/** Anything that `for await` can loop over: an array, a generator, a stream. `map()`, `stream()` and their kin pull it lazily. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

type SourceStep<T> = IteratorResult<T, unknown>;

/** A source that is being pulled. `next()` returns a step, or a promise of one. */
export interface OpenSource<T> {
  next(): SourceStep<T> | Promise<SourceStep<T>>;
  /** Tells the source that it will not be pulled any more, so that its own clean-up runs. */
  return?(): unknown;
}

/**
 * @param strings does a string count as a source of its characters?
 * @throws {InvalidOptionError} for what is neither iterable nor async iterable.
 */
export function checkSource(source: unknown, strings: boolean = false): void {
  if (strings && typeof source === 'string') return;
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source || Symbol.iterator in source) return;
  }
  const message = `the source must be an iterable or an async iterable, not ${show(source)}`;
  throw new InvalidOptionError('source', source, message);
}

/** Begins to pull what `checkSource` has let through. */
export function openSource<T>(source: Source<T>): OpenSource<T> {
  if (typeof source === 'object' && Symbol.asyncIterator in source)
    return promising(source[Symbol.asyncIterator]());
  return (source as Iterable<T>)[Symbol.iterator]() as OpenSource<T>;
}

/** A hand-written iterator may forget to return a step. */
export function isStep(step: unknown): boolean {
  return typeof step === 'object' && step !== null;
}

export function noStep(step: unknown): InvalidOptionError {
  const message = `next() of the source must return an object with done and value, not ${show(step)}`;
  return new InvalidOptionError('source', step, message);
}

/** A hand-written async iterator may return a thenable that is no promise, or even a plain step. */
function promising<T>(iterator: AsyncIterator<T, unknown>): OpenSource<T> {
  return {
    next: () => Promise.resolve(iterator.next()),
    return: () => iterator.return?.(),
  };
}
