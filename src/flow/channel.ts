import { integer } from '../base/options.ts';
import { signalOf } from './acquire-options.ts';
import type { SignalOptions } from './acquire-options.ts';
import { ChannelLoop } from './channel-loop.ts';
import { Flights } from './flights.ts';
import { Line, unlessAborted } from './line.ts';
import { Permits } from './permits.ts';
import { Reservation } from './reservation.ts';
import { Ring } from '../base/ring.ts';

type Step<T> = IteratorResult<T, undefined>;

const end = { done: true, value: undefined } as const;

/**
 * A bounded queue between any number of producers and consumers. `send()` waits while it is full, `receive()` while it is
 * empty; each item goes to one consumer, in the order in which they were sent.
 *
 * ```
 *   send ──slot──→ buffer ──→ receive
 *     └ waits for one of `capacity` slots; a slot is free again when its item has been received
 * ```
 * A slot is taken by an item in the buffer, by a reservation, and for a moment by an item that is on its way to a receiver
 * with a signal: until it is certain that nobody aborts that, the item may have to come back.
 *
 * Open, then closed (nobody sends any more, what is buffered or reserved is delivered), then drained: every slot is free.
 *
 * Invariants: slots taken ≤ capacity; while anybody waits to send, no slot is free; while anybody waits to receive, the
 * buffer is empty and the channel not drained.
 */
export class Channel<T> implements AsyncIterable<T> {
  readonly #slots: Permits;
  readonly #items = new Ring<T>();
  readonly #flights = new Flights<T>();
  readonly #receivers = new Line<undefined, Step<T>>(() => {});

  /**
   * @param capacity items in the buffer, an integer of at least 1.
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
   * Never waits: whether the item was sent.
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
   * Waits for a slot before there is an item: what is costly to make is made only when it can be sent. Stands in the same line
   * as `send()`, and rejects like it.
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
   * Never waits: a slot, or `null` if none is free or others wait for one.
   *
   * @throws {FlowClosedError} after `close()`.
   */
  tryReserve(): Reservation<T> | null {
    if (this.closed) throw this.#slots.closedError();
    return this.#slots.tryTake(1) ? this.#reservation() : null;
  }

  /**
   * Waits for an item. Rejects with the signal's reason, and then no item is lost; or with `FlowClosedError`, when the channel
   * is closed and all its items have been received. An item that is a promise arrives as what it resolves to.
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
   * Never waits: an item, or `undefined` if there is none now (`size` tells it from an item that is `undefined`).
   *
   * @throws {FlowClosedError} when the channel is closed and all its items have been received.
   */
  tryReceive(): T | undefined {
    if (this.#hasItem()) return this.#take();
    if (this.#drained) throw this.#slots.closedError();
    return undefined;
  }

  /**
   * Receives until the channel is closed and empty. Any number of loops may run over one channel: each item goes to one of
   * them. Leaving a loop leaves the channel as it is: if it waits just then, as it may in a stream over the channel, it gives up
   * its turn, and the next item goes to somebody else.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return new ChannelLoop<T>((entered) => {
      if (this.#hasItem()) return Promise.resolve({ done: false, value: this.#take() });
      return this.#drained ? Promise.resolve(end) : this.#receivers.wait(undefined, undefined, entered);
    });
  }

  /**
   * Nothing more is sent: callers who wait to send are refused. What is buffered is delivered all the same, and so is what is
   * sent with a reservation made before. Then receivers are refused, and loops end.
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
   * What receivers have given up was older than all in the buffer, and still has its slots: it goes back to the front, or to who
   * waits. This is done before anything else happens to the buffer, or an item would overtake them.
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

  #wait(signal: AbortSignal | undefined): Promise<Step<T>> {
    if (this.#drained) return Promise.resolve(end);
    const received = this.#receivers.wait(undefined, signal);
    if (signal === undefined) return received;
    return received.then((step) => {
      if (step.done === true) return step;
      if (signal.aborted) this.#recall();
      if (!this.#flights.land()) throw signal.reason;
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
