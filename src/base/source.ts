import { InvalidOptionError } from './errors.ts';
import { show } from './options.ts';

/** Anything that a loop can be written over. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

type Step<T> = IteratorResult<T, unknown>;

/** A source while it is being pulled: each step at once, or a promise of it. */
export interface OpenSource<T> {
  next(): Step<T> | Promise<Step<T>>;
  /** Tells the source that nobody will pull any more, so that its own clean-up runs. */
  return?(): unknown;
}

/**
 * @param strings is one a source, too, of its characters?
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

/** Who writes an iterator by hand may forget to return something. */
export function isStep(step: unknown): boolean {
  return typeof step === 'object' && step !== null;
}

export function noStep(step: unknown): InvalidOptionError {
  const message = `next() of the source must give an object with done and value, not ${show(step)}`;
  return new InvalidOptionError('source', step, message);
}

/** An async iterator of a foreign make may return thenables that are no promises, or even plain steps. */
function promising<T>(iterator: AsyncIterator<T, unknown>): OpenSource<T> {
  return {
    next: () => Promise.resolve(iterator.next()),
    return: () => iterator.return?.(),
  };
}
