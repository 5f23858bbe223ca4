import type { Waiter } from './line.ts';
import { Ring } from '../base/ring.ts';

type Step<T> = IteratorResult<T, undefined>;
type Receiver<T> = Waiter<undefined, Step<T>>;

const end = { done: true, value: undefined } as const;

/** One loop over a channel. When it is left it yields nothing more, and what it waits for is answered with the end. */
export class ChannelLoop<T> implements AsyncIterableIterator<T, undefined> {
  readonly #receive: (entered: (receiver: Receiver<T>) => void) => Promise<Step<T>>;
  /** Its calls of `next()` that had to wait, oldest first. They are answered in this order. */
  readonly #receivers = new Ring<Receiver<T>>();
  #left = false;

  constructor(receive: (entered: (receiver: Receiver<T>) => void) => Promise<Step<T>>) {
    this.#receive = receive;
  }

  next(): Promise<Step<T>> {
    return this.#left ? Promise.resolve(end) : this.#receive(this.#entered);
  }

  return(): Promise<Step<T>> {
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
