/**
 * Turns items into results, as `executor.map()` does. It pulls items only as fast as places and its reader allow.
 *
 * @param aborted called when a signal has ended the mapping; never within the call itself.
 */
export type Mapping<I, R> = (
  items: AsyncIterable<I>,
  aborted: (reason: unknown) => void,
) => AsyncIterator<R, undefined>;

/** A write whose item has not been pulled yet. */
interface Write<I> {
  readonly item: I;
  pulled(): void;
  refused(reason: unknown): void;
}

/**
 * The items that are written to a stream, as a source to pull. A write resolves when its item is pulled, so an inlet holds only
 * the item that is being written. A stream writes one item at a time, and ends only when no write is under way.
 */
export class Inlet<I> implements AsyncIterableIterator<I, undefined> {
  #write: Write<I> | null = null;
  #pull: ((step: IteratorResult<I, undefined>) => void) | null = null;
  #ended = false;

  write(item: I): Promise<void> {
    const pull = this.#pull;
    if (pull === null) {
      return new Promise((pulled, refused) => {
        this.#write = { item, pulled, refused };
      });
    }
    this.#pull = null;
    pull({ done: false, value: item });
    return Promise.resolve();
  }

  end(): void {
    this.#ended = true;
    this.#pull?.(end);
  }

  /** Rejects the write that is under way, if there is one: its item will never be pulled. */
  refuse(reason: unknown): void {
    this.#write?.refused(reason);
    this.#write = null;
  }

  next(): Promise<IteratorResult<I, undefined>> {
    const write = this.#write;
    if (write !== null) {
      this.#write = null;
      write.pulled();
      return Promise.resolve({ done: false, value: write.item });
    }
    if (this.#ended) return Promise.resolve(end);
    return new Promise((resolve) => {
      this.#pull = resolve;
    });
  }

  /** The mapping pulls no more. A later write waits until `refuse()` rejects it with the reason. */
  return(): Promise<IteratorResult<I, undefined>> {
    this.#pull = null;
    return Promise.resolve(end);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const end = { done: true, value: undefined } as const;
