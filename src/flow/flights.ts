import { Ring } from './ring.ts';

/** An item on its way. */
interface Flight<T> {
  readonly item: T;
  readonly signal: AbortSignal;
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

  get size(): number {
    return this.#flights.size;
  }

  begin(item: T, signal: AbortSignal): void {
    this.#flights.push({ item, signal, recalled: false });
  }

  /** The oldest one's receiver looks for its item. Returns whether it may have it: false if it was recalled. */
  land(): boolean {
    return this.#flights.shift()?.recalled === false;
  }

  /**
   * Takes back what is on its way to receivers that have given up. The newest comes first: who puts each before all other items
   * has them in their old order.
   */
  recall(putBack: (item: T) => void): void {
    for (let at = this.#flights.size - 1; at >= 0; at--) {
      const flight = this.#flights.at(at) as Flight<T>;
      if (flight.recalled || !flight.signal.aborted) continue;
      flight.recalled = true;
      putBack(flight.item);
    }
  }
}
