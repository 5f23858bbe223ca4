import { FlowClosedError } from '../base/errors.ts';
import { staysInThread } from '../base/stays.ts';

/** A slot in a channel, held for one item until `send()` or `release()`. Without either the slot stays taken for ever. */
export class Reservation<T> implements Disposable {
  readonly #put: (item: T) => void;
  readonly #giveBack: () => void;
  #used = false;

  static {
    staysInThread(this);
  }

  /** @internal */
  constructor(put: (item: T) => void, giveBack: () => void) {
    this.#put = put;
    this.#giveBack = giveBack;
  }

  /**
   * Sends the item at once, even if the channel has been closed meanwhile.
   *
   * @throws {FlowClosedError} if the reservation was already used or released: the item was not sent.
   */
  send(item: T): void {
    if (this.#used) throw new FlowClosedError('the reservation was already used or given back');
    this.#used = true;
    this.#put(item);
  }

  /** Gives the slot back if nothing was sent. Calling it again, or after `send()`, does nothing. */
  release(): void {
    if (this.#used) return;
    this.#used = true;
    this.#giveBack();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
