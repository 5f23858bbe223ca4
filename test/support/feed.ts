/** An async source that gives what the test puts in, when it does. */
export class Feed<T> implements AsyncIterableIterator<T, undefined> {
  readonly #items: T[] = [];
  readonly #takers: ((result: IteratorResult<T, undefined>) => void)[] = [];
  /** Was it told that nobody will pull any more? */
  closed = false;

  put(item: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker({ done: false, value: item });
  }

  /** Pulls that wait for an item. */
  get pulls(): number {
    return this.#takers.length;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.closed = true;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
