import { offAbort, onAbort } from '../base/on-abort.ts';
import type { Abortable } from '../base/on-abort.ts';
import { Ring } from '../base/ring.ts';

/** An item on its way. */
interface Flight<T> extends Abortable {
  readonly item: T;
  readonly signal: AbortSignal;
  /** Counts up in the order in which they began. */
  readonly number: number;
  recalled: boolean;
}

/**
 * Items on their way to receivers that have a signal: given, but not seen yet. Until a receiver has seen its item the signal may
 * be aborted, and the item must come back.
 *
 * On its way, then landed or recalled. They land in the order in which they began, because their promises do.
 */
export class Flights<T> {
  readonly #flights = new Ring<Flight<T>>();
  /** Those whose receivers have given up since the last recall. Looking for them among all would take n steps for each item. */
  #aborted: Flight<T>[] = [];
  #begun = 0;

  get size(): number {
    return this.#flights.size;
  }

  begin(item: T, signal: AbortSignal): void {
    const aborted = () => void this.#aborted.push(flight);
    const flight: Flight<T> = { item, signal, number: this.#begun++, recalled: false, aborted };
    this.#flights.push(flight);
    if (signal.aborted) aborted();
    else onAbort(signal, flight);
  }

  /** The oldest one's receiver looks for its item. Returns whether it may have it: false if it was recalled. */
  land(): boolean {
    const flight = this.#flights.shift();
    if (flight !== undefined) offAbort(flight.signal, flight);
    return flight?.recalled === false;
  }

  /**
   * Takes back what is on its way to receivers that have given up. The newest comes first: who puts each before all other items
   * has them in their old order.
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
