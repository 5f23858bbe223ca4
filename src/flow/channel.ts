import { isAborted, reasonOf } from '../base/on-abort.ts';
import { integer } from '../base/options.ts';
import { signalOf } from './acquire-options.ts';
import type { SignalOptions } from './acquire-options.ts';
import { ChannelLoop } from './channel-loop.ts';
import { Flights } from './flights.ts';
import { Line, unlessAborted } from './line.ts';
import { Permits } from './permits.ts';
import { Reservation } from './reservation.ts';
import { Ring } from '../base/ring.ts';

type Received<T> = IteratorResult<T, undefined>;

const end = { done: true, value: undefined } as const;

/**
 * A bounded queue between any number of producers and consumers. `send()` waits while the channel is full, `receive()` while it
 * is empty. Items are received in the order in which they were sent, each by one consumer.
 *
 * ```
 *   send ──slot──→ buffer ──→ receive
 *     └ waits for one of `capacity` slots; receiving an item frees its slot
 * ```
 * An item in the buffer and a reservation each take a slot. So does, for a moment, an item on its way to a receiver with a
 * signal: until the receiver has seen the item, an abort returns it to the buffer.
 *
 * Open, then closed (refuses new items, delivers buffered and reserved ones), then drained: every slot is free.
 *
 * Invariants: slots taken ≤ capacity; while a sender waits, no slot is free; while a receiver waits, the buffer is empty and the
 * channel is not drained.
 */
export class Channel<T> implements AsyncIterable<T> {
  readonly #slots: Permits;
  readonly #items = new Ring<T>();
  readonly #flights = new Flights<T>();
  readonly #receivers = new Line<undefined, Received<T>>(() => {});

  /**
   * @param capacity most items in the buffer, an integer of at least 1.
   * @throws {InvalidOptionError}
   */
  constructor(capacity: number) {
    integer(1)('capacity', capacity);
    this.#slots = new Permits(capacity, 'channel');
  }

  get capacity(): number {
    return this.#slots.total;
  }

  /** Items in the buffer. */
  get size(): number {
    return this.#items.size;
  }

  /** Callers of `send()` and `reserve()` that wait for a slot. */
  get sendersWaiting(): number {
    return this.#slots.waiting;
  }

  get receiversWaiting(): number {
    return this.#receivers.size;
  }

  get closed(): boolean {
    return this.#slots.closed;
  }

  /**
   * Resolves when the item is in the buffer or with a receiver. Rejects with the signal's reason or with `FlowClosedError`;
   * then it was not sent.
   */
  send(item: T, options?: SignalOptions): Promise<void> {
    try {
      const signal = signalOf(options);
      if (!this.#slots.tryTake(1)) return this.#slots.take({ n: 1, grant: () => this.#put(item) }, signal);
      this.#put(item);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sends the item if there is a slot. Never waits. Returns true if the item was sent.
   *
   * @throws {FlowClosedError} after `close()`.
   */
  trySend(item: T): boolean {
    if (this.closed) throw this.#slots.closedError();
    if (!this.#slots.tryTake(1)) return false;
    this.#put(item);
    return true;
  }

  /**
   * Waits for a slot before there is an item: a costly item is made only when it can be sent. Waits in the same line as
   * `send()`, and rejects like it.
   */
  reserve(options?: SignalOptions): Promise<Reservation<T>> {
    try {
      const signal = signalOf(options);
      if (this.#slots.tryTake(1)) return Promise.resolve(this.#reservation());
      const grant = () => this.#reservation();
      return unlessAborted(this.#slots.take({ n: 1, grant }, signal), signal, (reservation) =>
        reservation.release(),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Reserves a slot, or returns `null` if none is free or other callers wait for one. Never waits.
   *
   * @throws {FlowClosedError} after `close()`.
   */
  tryReserve(): Reservation<T> | null {
    if (this.closed) throw this.#slots.closedError();
    return this.#slots.tryTake(1) ? this.#reservation() : null;
  }

  /**
   * Waits for an item. Rejects with the signal's reason, in which case no item is lost; or with `FlowClosedError` once the channel
   * is closed and all its items have been received. If an item is a promise, the caller gets its resolved value.
   */
  receive(options?: SignalOptions): Promise<T> {
    try {
      const signal = signalOf(options);
      if (this.#hasItem()) return Promise.resolve(this.#take());
      return this.#wait(signal).then((step) => {
        if (step.done === true) throw this.#slots.closedError();
        return step.value;
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Receives an item, or returns `undefined` if there is none now (`size` tells that from an item that is `undefined`). Never waits.
   *
   * @throws {FlowClosedError} when the channel is closed and all its items have been received.
   */
  tryReceive(): T | undefined {
    if (this.#hasItem()) return this.#take();
    if (this.#drained) throw this.#slots.closedError();
    return undefined;
  }

  /**
   * Receives until the channel is closed and empty. Any number of loops may share one channel: each item goes to one of them.
   * Leaving a loop does not close the channel. If the loop waits at that moment, as it may in a stream over the channel, it gives
   * up its turn, and the next item goes to another receiver.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return new ChannelLoop<T>((entered) => {
      if (this.#hasItem()) return Promise.resolve({ done: false, value: this.#take() });
      return this.#drained ? Promise.resolve(end) : this.#receivers.wait(undefined, undefined, entered);
    });
  }

  /**
   * Closes the channel: refuses waiting and later senders with `FlowClosedError`. Buffered items, and items sent with an earlier
   * reservation, are still delivered. After the last one, receivers are refused and loops end.
   */
  close(): void {
    this.#slots.close();
    this.#endIfDrained();
  }

  get #drained(): boolean {
    return this.closed && this.#slots.taken === 0;
  }

  /** With a slot in hand. */
  #reservation(): Reservation<T> {
    return new Reservation<T>(
      (item) => this.#put(item),
      () => this.#freeSlot(),
    );
  }

  /** With a slot in hand. */
  #put(item: T): void {
    if (this.#flights.size > 0) this.#recall();
    if (!this.#deliver(item)) this.#items.push(item);
  }

  #deliver(item: T): boolean {
    const receiver = this.#receivers.shift();
    if (receiver === undefined) return false;
    receiver.answer({ done: false, value: item });
    if (receiver.signal === undefined) this.#freeSlot();
    else this.#flights.begin(item, receiver.signal);
    return true;
  }

  #hasItem(): boolean {
    if (this.#flights.size > 0) this.#recall();
    return this.#items.size > 0;
  }

  /**
   * Returns the items that receivers have given up: they are older than every buffered item, and still have their slots, so they go
   * to the front or to waiting receivers. Runs before any other use of the buffer, or an item would overtake them.
   */
  #recall(): void {
    this.#flights.recall((item) => this.#items.unshift(item));
    while (this.#items.size > 0 && this.#receivers.first !== undefined)
      this.#deliver(this.#items.shift() as T);
  }

  #take(): T {
    const item = this.#items.shift() as T;
    this.#freeSlot();
    return item;
  }

  #wait(signal: AbortSignal | undefined): Promise<Received<T>> {
    if (this.#drained) return Promise.resolve(end);
    const received = this.#receivers.wait(undefined, signal);
    if (signal === undefined) return received;
    return received.then((step) => {
      if (step.done === true) return step;
      if (isAborted(signal)) this.#recall();
      if (!this.#flights.land()) throw reasonOf(signal);
      this.#freeSlot();
      return step;
    });
  }

  #freeSlot(): void {
    this.#slots.giveBack(1);
    this.#endIfDrained();
  }

  #endIfDrained(): void {
    if (!this.#drained) return;
    for (let receiver = this.#receivers.shift(); receiver !== undefined; receiver = this.#receivers.shift()) {
      receiver.answer(end);
    }
  }
}
