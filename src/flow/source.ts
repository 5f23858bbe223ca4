import { InvalidOptionError } from '../errors.ts';
import { show } from '../options.ts';

/** Anything that a loop can be written over. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

type Step<T> = IteratorResult<T, unknown>;

/** A source while it is being pulled: each step at once, or a promise of it. */
export interface OpenSource<T> {
  next(): Step<T> | Promise<Step<T>>;
  /** Tells the source that nobody will pull any more, so that its own clean-up runs. */
  return?(): unknown;
}

/** @throws {InvalidOptionError} for what is neither iterable nor async iterable. */
export function checkSource(source: unknown): void {
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source || Symbol.iterator in source) return;
  }
  const message = `the source must be an iterable or an async iterable, not ${show(source)}`;
  throw new InvalidOptionError('source', source, message);
}

/** @throws {InvalidOptionError} for what is neither iterable nor async iterable. */
export function openSource<T>(source: Source<T>): OpenSource<T> {
  checkSource(source);
  if (Symbol.asyncIterator in source) return promising(source[Symbol.asyncIterator]());
  return source[Symbol.iterator]() as OpenSource<T>;
}

/** An async iterator of a foreign make may return thenables that are no promises, or even plain steps. */
function promising<T>(iterator: AsyncIterator<T, unknown>): OpenSource<T> {
  return {
    next: () => Promise.resolve(iterator.next()),
    return: () => iterator.return?.(),
  };
}
