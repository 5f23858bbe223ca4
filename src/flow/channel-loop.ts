import type { Waiter } from './line.ts';
import { Ring } from '../base/ring.ts';

type Received<T> = IteratorResult<T, undefined>;
type Receiver<T> = Waiter<undefined, Received<T>>;

const end = { done: true, value: undefined } as const;

/** One loop over a channel. After it is left it yields nothing more, and its waiting calls of `next()` resolve to the end. */
export class ChannelLoop<T> implements AsyncIterableIterator<T, undefined> {
  readonly #receive: (entered: (receiver: Receiver<T>) => void) => Promise<Received<T>>;
  /** Waiting calls of `next()`, oldest first; they are answered in this order. */
  readonly #receivers = new Ring<Receiver<T>>();
  #left = false;

  constructor(receive: (entered: (receiver: Receiver<T>) => void) => Promise<Received<T>>) {
    this.#receive = receive;
  }

  next(): Promise<Received<T>> {
    return this.#left ? Promise.resolve(end) : this.#receive(this.#entered);
  }

  return(): Promise<Received<T>> {
    this.#left = true;
    for (let each = this.#receivers.shift(); each !== undefined; each = this.#receivers.shift())
      each.leave(end);
    return Promise.resolve(end);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #entered = (receiver: Receiver<T>): void => {
    while (this.#receivers.first?.over === true) this.#receivers.shift();
    this.#receivers.push(receiver);
  };
}
