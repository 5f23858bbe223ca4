import { show } from '../base/options.ts';
import { closeIterator, isIterator } from '../base/source.ts';
import type { Steps } from '../base/source.ts';
import { isThenable } from './thenable.ts';

export type { Steps };

/**
 * A source that is pulled for a reader in another thread. It ends exactly once: by itself, or by `return()`, even if it was never
 * opened.
 *
 * ```
 * unopened ──next()──→ open ──done, or thrown──→ over
 *    └────────────────────┴────────return()───────↑
 * ```
 */
export class PulledSource implements Steps {
  readonly #source: AsyncIterable<unknown>;
  #steps: Steps | null;
  #isOver = false;

  /** @param steps reads the source, if a reader exists already; else the source is opened at the first `next()`. */
  constructor(source: AsyncIterable<unknown>, steps: Steps | null = null) {
    this.#source = source;
    this.#steps = steps;
    // A Node stream that fails before it is read would end the process. Its iterator reports the error later.
    if (isNodeStream(source)) source.on('error', () => {});
  }

  next(): unknown {
    if (this.#isOver) return over;
    let step: unknown;
    try {
      this.#steps ??= open(this.#source);
      step = this.#steps.next();
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
    if (isThenable(step)) return this.#followed(step);
    return this.#checked(step);
  }

  /** Ends the source, also while a step is under way: a source that waits would never learn of it otherwise. */
  return(): unknown {
    if (this.#isOver) return undefined;
    this.#isOver = true;
    this.#steps ??= open(this.#source);
    return closeIterator(this.#steps);
  }

  async #followed(step: PromiseLike<unknown>): Promise<unknown> {
    try {
      return this.#checked(await step);
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
  }

  #checked(step: unknown): unknown {
    if ((step as IteratorResult<unknown> | undefined)?.done === true) this.#isOver = true;
    return step;
  }
}

const over = { done: true, value: undefined } as const;

function open(source: AsyncIterable<unknown>): Steps {
  // The iterator of a stream would end the stream only after the step that is under way.
  if (source instanceof ReadableStream) {
    const reader = source.getReader();
    return { next: () => reader.read(), return: () => reader.cancel() };
  }
  const iterator = openIterator(source);
  if (isNodeStream(source)) return { next: () => iterator.next(), return: () => void source.destroy() };
  return iterator;
}

/** A hand-written source may forget to return an iterator. */
function openIterator(source: AsyncIterable<unknown>): Steps {
  const make: unknown = source[Symbol.asyncIterator];
  if (typeof make !== 'function')
    throw new TypeError(`[Symbol.asyncIterator] of a source must be a function, not ${show(make)}`);
  const steps: unknown = make.call(source);
  if (isIterator(steps)) return steps;
  throw new TypeError(
    `[Symbol.asyncIterator]() of a source must return an object with next(), not ${show(steps)}`,
  );
}

interface NodeStream {
  destroy(): unknown;
  on(event: 'error', listener: () => void): unknown;
}

/** Is the source a Node stream, or one of the package `readable-stream`? Never throws: an object that can't be inspected is not. */
function isNodeStream(source: object): source is NodeStream {
  try {
    const { destroy, pipe, on } = source as Partial<Record<'destroy' | 'pipe' | 'on', unknown>>;
    return typeof destroy === 'function' && typeof pipe === 'function' && typeof on === 'function';
  } catch {
    return false;
  }
}
