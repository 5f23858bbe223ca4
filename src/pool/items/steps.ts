import { show } from '../../base/options.ts';
import type { Steps } from '../../tasks/pulled-source.ts';

/** Checks the result of `next()`: an iterator written by hand may return no object. */
export function checkedStep(step: unknown): IteratorResult<unknown> {
  if (typeof step === 'object' && step !== null) return step as IteratorResult<unknown>;
  throw new TypeError(
    `next() of a generator or a source must return an object with done and value, not ${show(step)}`,
  );
}

/** Calls `return()`, so that the iterator cleans up. */
export async function finish(steps: Steps): Promise<void> {
  await steps.return?.();
}
