import type { Outcome } from '../base/outcome.ts';
import { abortSignal, boolean, checkOptions, integer, oneOf } from '../base/options.ts';
import { BufferedStream } from './buffered-stream.ts';
import type { Thunk } from './intake.ts';
import { checkSource, openSource } from '../base/source.ts';
import type { Source } from '../base/source.ts';

export interface BufferedOptions {
  /** Yield each result as an `Outcome`, so that a failure does not end the iteration. Default false. */
  readonly outcomes?: boolean;
  /**
   * How running thunks end when the loop is left or fails: `'abort'` (default) aborts the signal that each thunk was given,
   * `'wait'` lets them finish. Either way the loop ends only when none of its thunks runs any more.
   */
  readonly onLeave?: 'abort' | 'wait';
  /** Aborting it ends the iteration with the signal's reason, and running thunks as `onLeave` says. */
  readonly signal?: AbortSignal;
}

type WithOutcomes = BufferedOptions & { readonly outcomes: true };
type WithoutOutcomes = BufferedOptions & { readonly outcomes?: false };

/**
 * Runs thunks, at most `n` at a time, and yields their results in the order of the source.
 *
 * At most `n` thunks are in flight *or finished and not yet read*, and the source is pulled only when there is room: a source
 * may be endless, and a slow reader slows it down. Nothing runs before the first `next()`. The source yields thunks, not promises,
 * because a promise already runs.
 *
 * A failure is thrown in its turn, and ends the iteration; failures of other thunks in flight are then dropped. With
 * `outcomes: true` a failure is yielded, and the iteration continues. An error of the source is thrown after the results in flight.
 *
 * @param n an integer of at least 1.
 * @throws {InvalidOptionError} at once.
 */
export function buffered<T>(
  source: Source<Thunk<T>>,
  n: number,
  options: WithOutcomes,
): AsyncIterableIterator<Outcome<T>, undefined>;
export function buffered<T>(
  source: Source<Thunk<T>>,
  n: number,
  options?: WithoutOutcomes,
): AsyncIterableIterator<T, undefined>;
export function buffered<T>(
  source: Source<Thunk<T>>,
  n: number,
  options?: BufferedOptions,
): AsyncIterableIterator<T | Outcome<T>, undefined> {
  return stream(source, n, true, options);
}

/** Like `buffered()`, but yields results in the order in which they arrive: a slow thunk delays no other result. */
export function bufferUnordered<T>(
  source: Source<Thunk<T>>,
  n: number,
  options: WithOutcomes,
): AsyncIterableIterator<Outcome<T>, undefined>;
export function bufferUnordered<T>(
  source: Source<Thunk<T>>,
  n: number,
  options?: WithoutOutcomes,
): AsyncIterableIterator<T, undefined>;
export function bufferUnordered<T>(
  source: Source<Thunk<T>>,
  n: number,
  options?: BufferedOptions,
): AsyncIterableIterator<T | Outcome<T>, undefined> {
  return stream(source, n, false, options);
}

function stream<T>(source: Source<Thunk<T>>, n: number, ordered: boolean, options: BufferedOptions = {}) {
  integer(1)('n', n);
  const { outcomes = false, onLeave = 'abort', signal } = checkOptions('option', options, checks);
  checkSource(source);
  return new BufferedStream(openSource(source), { n, ordered, outcomes, onLeave, signal });
}

const checks = { outcomes: boolean, onLeave: oneOf('abort', 'wait'), signal: abortSignal };
