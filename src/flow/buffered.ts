import { abortSignal, boolean, checkOptions, integer, oneOf } from '../base/options.ts';
import { BufferedStream } from './buffered-stream.ts';
import type { Thunk } from './intake.ts';
import { checkSource, openSource } from '../base/source.ts';
import type { Source } from '../base/source.ts';

export interface BufferedOptions {
  /** Yield each result as `{ status, value | reason }`, so that a failure does not end the iteration. Default false. */
  readonly outcomes?: boolean;
  /**
   * What becomes of what runs when the loop is left, or ends with an error: `'abort'` (default) aborts the signal that each
   * thunk was given, `'wait'` lets it finish. Either way the loop ends only when nothing of it runs any more.
   */
  readonly onLeave?: 'abort' | 'wait';
  /** Ends the iteration with its reason, as if the loop had been left. */
  readonly signal?: AbortSignal;
}

type WithOutcomes = BufferedOptions & { readonly outcomes: true };
type WithoutOutcomes = BufferedOptions & { readonly outcomes?: false };

/**
 * Runs thunks, at most `n` at a time, and yields what they return in the order of the source.
 *
 * At most `n` are in flight *or finished and not yet read*, and the source is pulled only when there is room: a source may be
 * endless, and a slow reader slows it down. It begins with the first `next()`. Take thunks, not promises: what is a promise
 * already runs.
 *
 * A failure is thrown in its turn, and ends the iteration; the failures of others that were in flight are then dropped. With
 * `outcomes: true` it is yielded, and stops nobody. An error of the source is thrown after the results that were in flight.
 *
 * @param n an integer of at least 1.
 * @throws {InvalidOptionError} at once.
 */
export function buffered<T>(
  source: Source<Thunk<T>>,
  n: number,
  options: WithOutcomes,
): AsyncIterableIterator<PromiseSettledResult<T>, undefined>;
export function buffered<T>(
  source: Source<Thunk<T>>,
  n: number,
  options?: WithoutOutcomes,
): AsyncIterableIterator<T, undefined>;
export function buffered<T>(
  source: Source<Thunk<T>>,
  n: number,
  options?: BufferedOptions,
): AsyncIterableIterator<T | PromiseSettledResult<T>, undefined> {
  return stream(source, n, true, options);
}

/** Like `buffered()`, but yields results in the order in which they come: a slow one holds up nobody. */
export function bufferUnordered<T>(
  source: Source<Thunk<T>>,
  n: number,
  options: WithOutcomes,
): AsyncIterableIterator<PromiseSettledResult<T>, undefined>;
export function bufferUnordered<T>(
  source: Source<Thunk<T>>,
  n: number,
  options?: WithoutOutcomes,
): AsyncIterableIterator<T, undefined>;
export function bufferUnordered<T>(
  source: Source<Thunk<T>>,
  n: number,
  options?: BufferedOptions,
): AsyncIterableIterator<T | PromiseSettledResult<T>, undefined> {
  return stream(source, n, false, options);
}

function stream<T>(source: Source<Thunk<T>>, n: number, ordered: boolean, options: BufferedOptions = {}) {
  integer(1)('n', n);
  const { outcomes = false, onLeave = 'abort', signal } = checkOptions('option', options, checks);
  checkSource(source);
  return new BufferedStream(openSource(source), { n, ordered, outcomes, onLeave, signal });
}

const checks = { outcomes: boolean, onLeave: oneOf('abort', 'wait'), signal: abortSignal };
