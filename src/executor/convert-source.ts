import { checkSource, closeIterator, isStep, noStep, openSource } from '../base/source.ts';
import type { OpenSource, Source } from '../base/source.ts';

/**
 * A source with each item passed through `convert`. It is opened at the first pull: a source that was never pulled needs no clean-up.
 *
 * @throws {InvalidOptionError} at once for a value that is neither iterable nor async iterable.
 */
export function convertSource<I, T>(
  source: Source<I>,
  convert: (item: I, index: number) => T,
): OpenSource<T> {
  checkSource(source, true);
  let iterator: OpenSource<I> | undefined;
  let index = 0;
  const converted = (step: IteratorResult<I, unknown>): IteratorResult<T, unknown> => {
    if (!isStep(step)) throw noStep(step);
    return step.done === true ? step : { done: false, value: convert(step.value, index++) };
  };
  return {
    next() {
      iterator ??= openSource(source);
      const step = iterator.next();
      return step instanceof Promise ? step.then(converted) : converted(step);
    },
    return: () => closeIterator(iterator),
  };
}
