import { show } from '../options.ts';

/** Anything that a loop can be written over. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

/** One step of a source: at once, or a promise of it. */
type Step<T> = IteratorResult<T, unknown> | Promise<IteratorResult<T, unknown>>;

/** A source while it is being pulled. */
export interface OpenSource<T> {
  next(): Step<T>;
  /** Tells the source that nobody will pull any more; its own clean-up runs. */
  return?(): unknown;
}

/**
 * A source, each item through `convert`. It is opened at the first pull: one that was never pulled needs no clean-up.
 *
 * @throws {TypeError} at once for what is neither iterable nor async iterable.
 */
export function openSource<I, T>(source: Source<I>, convert: (item: I, index: number) => T): OpenSource<T> {
  const open = openerOf(source);
  let iterator: OpenSource<I> | undefined;
  let index = 0;
  const converted = (step: IteratorResult<I, unknown>): IteratorResult<T, unknown> =>
    step.done === true ? step : { done: false, value: convert(step.value, index++) };
  return {
    next() {
      iterator ??= open();
      const step = iterator.next();
      return step instanceof Promise ? step.then(converted) : converted(step);
    },
    return: () => iterator?.return?.(),
  };
}

function openerOf<I>(source: Source<I>): () => OpenSource<I> {
  if (typeof source === 'string') return () => (source as Iterable<I>)[Symbol.iterator]() as OpenSource<I>;
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source) return () => promising(source[Symbol.asyncIterator]());
    if (Symbol.iterator in source) return () => source[Symbol.iterator]() as OpenSource<I>;
  }
  throw new TypeError(`the source must be an iterable or an async iterable, not ${show(source)}`);
}

/** An async iterator of a foreign make may return thenables that are no promises. */
function promising<I>(iterator: AsyncIterator<I>): OpenSource<I> {
  return {
    next: () => Promise.resolve(iterator.next()),
    return: () => iterator.return?.(),
  };
}
