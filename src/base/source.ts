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
    return promising(openIterator(source, 'asyncIterator') as AsyncIterator<T, unknown>);
  return openIterator(source, 'iterator') as OpenSource<T>;
}

/** Calls the method that makes an iterator. A hand-written source may forget to return one. */
function openIterator(source: unknown, symbol: 'iterator' | 'asyncIterator'): Steps {
  const make = (source as Record<symbol, unknown>)[Symbol[symbol]];
  if (typeof make !== 'function') throw bad(make, `[Symbol.${symbol}] of the source must be a function`);
  const iterator: unknown = make.call(source);
  if (!isIterator(iterator))
    throw bad(iterator, `[Symbol.${symbol}]() of the source must return an object with next()`);
  return iterator;
}

/** Values to read item by item. `next()` returns a step, or a promise of one. */
export interface Steps {
  next(): unknown;
  /** The reader has left. */
  return?(): unknown;
}

/** Is the value an iterator, recognised by its `next`, so that transpiled and hand-written ones count? */
export function isIterator(value: unknown): value is Steps {
  const isObject = typeof value === 'object' ? value !== null : typeof value === 'function';
  return isObject && typeof (value as Partial<Steps>).next === 'function';
}

/** Calls the iterator's `return()`, if there is one. */
export function closeIterator(iterator: { readonly return?: unknown } | undefined): unknown {
  const close = iterator?.return;
  if (close === undefined || close === null) return undefined;
  if (typeof close === 'function') return close.call(iterator);
  throw new TypeError(`return of a source must be a function, not ${show(close)}`);
}

function bad(value: unknown, what: string): InvalidOptionError {
  return new InvalidOptionError('source', value, `${what}, not ${show(value)}`);
}

/** A hand-written iterator may forget to return a step. */
export function isStep(step: unknown): boolean {
  return typeof step === 'object' && step !== null;
}

export function noStep(step: unknown): InvalidOptionError {
  return bad(step, 'next() of the source must return an object with done and value');
}

/** A hand-written async iterator may return a thenable that is no promise, or even a plain step. */
function promising<T>(iterator: AsyncIterator<T, unknown>): OpenSource<T> {
  return {
    next: () => Promise.resolve(iterator.next()),
    return: () => closeIterator(iterator),
  };
}
