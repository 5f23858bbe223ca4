type Step<T> = IteratorResult<T, undefined>;

const end = { done: true, value: undefined } as const;

/** One loop over a channel. When it is left it yields nothing more, and what it waits for is answered with the end. */
export class ChannelLoop<T> implements AsyncIterableIterator<T, undefined> {
  readonly #receive: (loop: ChannelLoop<T>) => Promise<Step<T>>;
  readonly #leave: (loop: ChannelLoop<T>) => void;
  #left = false;

  constructor(receive: (loop: ChannelLoop<T>) => Promise<Step<T>>, leave: (loop: ChannelLoop<T>) => void) {
    this.#receive = receive;
    this.#leave = leave;
  }

  next(): Promise<Step<T>> {
    return this.#left ? Promise.resolve(end) : this.#receive(this);
  }

  return(): Promise<Step<T>> {
    this.#left = true;
    this.#leave(this);
    return Promise.resolve(end);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
