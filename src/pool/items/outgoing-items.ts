import type { Transferable } from 'node:worker_threads';
import { dataCloneError } from '../wire/uncloneable.ts';
import { append } from '../wire/value-codec.ts';
import type { Extras } from '../wire/value-codec.ts';
import type { Prepared } from './prepare.ts';

/** Sends these items; throws the platform's `DataCloneError` if one of them can't be cloned. */
export type PostItems = (
  values: unknown[],
  extras: readonly Extras[],
  transfer: readonly Transferable[],
) => void;

/** Items that were sent together. */
export interface Sent {
  /** Number of items yielded up to the end of this message, modulo 2 ** 32. */
  readonly end: number;
  readonly bytes: number;
}

/** Items that are to be sent together. */
export class OutgoingItems {
  readonly #post: PostItems;
  #values: unknown[] = [];
  #extras: Extras[] = [];
  #newestExtras: Extras | undefined;
  #transfer: Transferable[] = [];
  #bytes = 0;
  #posting = false;

  constructor(post: PostItems) {
    this.#post = post;
  }

  get size(): number {
    return this.#values.length;
  }

  /** Estimated bytes of all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds an item that needs no preparation. */
  add(item: unknown, bytes: number): void {
    this.#newestExtras = undefined;
    this.#values.push(item);
    this.#bytes += bytes;
  }

  push(item: Prepared): void {
    this.#newestExtras = append(item, this.#values);
    if (this.#newestExtras !== undefined) this.#extras.push(this.#newestExtras);
    if (item.transfer !== undefined) this.#transfer.push(...item.transfer);
    this.#bytes += item.bytes;
  }

  /** @throws the platform's `DataCloneError` if the newest item can't be cloned; the others are sent. */
  send(): void {
    this.#posting = true;
    try {
      this.#post(this.#values, this.#extras, this.#transfer);
    } catch (error) {
      const newest = this.#withoutNewest();
      if (this.#values.length > 0) this.#post(this.#values, this.#extras, this.#transfer);
      throw dataCloneError(error, newest, 'item');
    } finally {
      this.#values = [];
      this.#extras = [];
      this.#newestExtras = undefined;
      this.#transfer = [];
      this.#bytes = 0;
      this.#posting = false;
    }
  }

  /** The thread is ending: sends the items, except the newest if its getter is what ends the thread. */
  abandon(): void {
    if (this.#posting) this.#withoutNewest();
    if (this.#values.length > 0) this.send();
  }

  #withoutNewest(): unknown {
    const newest = this.#values.pop();
    this.#transfer = [];
    this.#extras = this.#extras.filter((each) => each !== this.#newestExtras);
    return newest;
  }
}
