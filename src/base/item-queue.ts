import { Credits } from './credits.ts';
import type { Reader, Step } from './reader.ts';
import { Ring } from './ring.ts';

/** How a generator has ended. */
export interface ItemsEnd {
  readonly failed: boolean;
  /** What the generator returned, or why it failed. */
  readonly value: unknown;
}

const over: Step<unknown, unknown> = { done: true, value: undefined };

/**
 * The items of a generator that have arrived and are unread, and the readers that wait for more.
 *
 * ```
 * open ──end──→ ending ──all items read──→ over       one reader learns of the end, after all items
 *   └────drop──────┴──────────────────────↑
 * ```
 */
export class ItemQueue {
  readonly credits: Credits = new Credits();
  readonly #readOn: () => void;
  readonly #heard: () => void;
  /** Messages as they came; of the first one, the items from `#at` on are unread. */
  readonly #messages = new Ring<unknown[]>();
  #at = 0;
  #size = 0;
  readonly #readers = new Ring<Reader<unknown, unknown>>();
  /** Items read, modulo 2 ** 32. */
  #read = 0;
  #end: ItemsEnd | null = null;
  #isOver = false;
  /** Called when items arrive, for a reader that uses `take()`. */
  onArrival: (() => void) | null = null;

  /**
   * @param readOn called when the generator waits for the reader, and the reader has read far enough.
   * @param heard called when a reader is told how the generator ended.
   */
  constructor(readOn: () => void, heard: () => void = () => {}) {
    this.#readOn = readOn;
    this.#heard = heard;
  }

  /** Items that can be read without waiting. */
  get size(): number {
    return this.#size;
  }

  /** Has anything been read? */
  get isRead(): boolean {
    return this.#read !== 0;
  }

  /** Takes the next item. Call it only while `size` is above 0. */
  take(): unknown {
    const value = this.#take();
    this.#tellRead();
    return value;
  }

  /** Would a reader have to wait? */
  get isEmpty(): boolean {
    return this.#messages.size === 0 && this.#end === null && !this.#isOver;
  }

  /** Does a reader wait for an item, or for the end? */
  get isAwaited(): boolean {
    return this.#readers.size > 0;
  }

  /** Has the reader left, or heard of the end? */
  get isOver(): boolean {
    return this.#isOver;
  }

  arrived(items: unknown[]): void {
    if (this.#isOver || items.length === 0) return;
    this.#messages.push(items);
    this.#size += items.length;
    this.onArrival?.();
    if (this.#readers.size === 0) return;
    while (this.#readers.size > 0 && this.#messages.size > 0)
      this.#readers.shift()?.resolve({ done: false, value: this.#take() });
    this.#tellRead();
  }

  end(end: ItemsEnd): void {
    if (this.#isOver) return;
    this.#end = end;
    const reader = this.#readers.shift();
    if (reader === undefined) return;
    this.#tellEnd(reader, end);
    this.#sendAway();
  }

  next(): Promise<Step<unknown, unknown>> {
    if (this.#messages.size > 0) return Promise.resolve({ done: false, value: this.take() });
    if (this.#isOver) return Promise.resolve(over);
    return new Promise((resolve, reject) => {
      const reader = { resolve, reject };
      if (this.#end === null) this.#readers.push(reader);
      else this.#tellEnd(reader, this.#end);
    });
  }

  /** The reader has left: drops all items, and ends the readers that wait. */
  drop(): void {
    this.#isOver = true;
    while (this.#messages.size > 0) this.#messages.shift();
    this.#size = 0;
    this.#sendAway();
  }

  #take(): unknown {
    const items = this.#messages.first as unknown[];
    const item = items[this.#at];
    // The item may be large, and the rest of its message may stay unread for long.
    items[this.#at++] = undefined;
    this.#read = (this.#read + 1) | 0;
    this.#size--;
    if (this.#at === items.length) {
      this.#messages.shift();
      this.#at = 0;
    }
    return item;
  }

  #tellRead(): void {
    if (this.credits.read(this.#read) && this.#end === null) this.#readOn();
  }

  #tellEnd(reader: Reader<unknown, unknown>, { failed, value }: ItemsEnd): void {
    this.#isOver = true;
    this.#heard();
    if (failed) reader.reject(value);
    else reader.resolve({ done: true, value });
  }

  #sendAway(): void {
    for (let reader = this.#readers.shift(); reader !== undefined; reader = this.#readers.shift())
      reader.resolve(over);
  }
}
