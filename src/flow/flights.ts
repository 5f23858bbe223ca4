import { offAbort, onceAborted } from '../base/on-abort.ts';
import type { Abortable } from '../base/on-abort.ts';
import { Ring } from '../base/ring.ts';

/** An item on its way. */
interface Flight<T> extends Abortable {
  readonly item: T;
  readonly signal: AbortSignal;
  /** Sequence number, in the order in which the flights began. */
  readonly number: number;
  recalled: boolean;
}

/**
 * Items on their way to receivers that have a signal: granted, but not seen yet. Until a receiver has seen its item, its signal may
 * abort, and the item must return.
 *
 * A flight is on its way, then landed or recalled. Flights land in the order in which they began, because their promises do.
 */
export class Flights<T> {
  readonly #flights = new Ring<Flight<T>>();
  /** Flights whose receivers have given up since the last recall. Searching all flights for them would take n steps for each item. */
  #aborted: Flight<T>[] = [];
  #begun = 0;

  get size(): number {
    return this.#flights.size;
  }

  begin(item: T, signal: AbortSignal): void {
    const aborted = () => void this.#aborted.push(flight);
    const flight: Flight<T> = { item, signal, number: this.#begun++, recalled: false, aborted };
    this.#flights.push(flight);
    onceAborted(signal, flight);
  }

  /** The receiver of the oldest flight takes its item. Returns false if the item was recalled. */
  land(): boolean {
    const flight = this.#flights.shift();
    if (flight !== undefined) offAbort(flight.signal, flight);
    return flight?.recalled === false;
  }

  /**
   * Takes back the items whose receivers have given up, the newest first: putting each in front of all others restores their order.
   */
  recall(putBack: (item: T) => void): void {
    if (this.#aborted.length === 0) return;
    const aborted = this.#aborted.toSorted((a, b) => b.number - a.number);
    this.#aborted = [];
    for (const flight of aborted) {
      flight.recalled = true;
      putBack(flight.item);
    }
  }
}
