import { LinkedList } from '../../base/linked-list.ts';
import type { Linked } from '../../base/linked-list.ts';

/** Who waits in line for a place and so many bytes. */
export abstract class Waiter implements Linked {
  list: object | null = null;
  previous: Linked | null = null;
  next: Linked | null = null;
  abstract readonly bytes: number;
  /** True for one that is about to leave by itself: it must not be granted anything. */
  get leaving(): boolean {
    return false;
  }

  /** Called once, when what it asked for has been taken for it. */
  abstract granted(): void;
  /** Called instead when nobody will be admitted any more. It has left the line already. */
  abstract closed(error: unknown): void;
}

/**
 * Places and bytes, given out first come, first served.
 *
 * A place is a permit: taken at admission, given back when the task's worker is really free of it, or at once when it
 * is cancelled before it began. Boundedness is a property of the permits, not of any list (tokio's `Semaphore` stands
 * on the same idea).
 *
 * Nobody overtakes, also not a small task a large one that waits for bytes: otherwise a stream of small tasks would
 * keep the large one out for ever. And nobody waits with a place in hand: it would be idle meanwhile, and two who wait
 * for each other's would wait for ever.
 *
 * Invariants, but for what was taken anyway: `0 ≤ placesTaken ≤ capacity`; `bytesTaken ≤ maxBytes`, except that one larger
 * task may hold bytes alone. While anybody waits, the first in line does not fit.
 */
export class Admission {
  readonly capacity: number;
  readonly maxBytes: number;
  #placesTaken = 0;
  #bytesTaken = 0;
  #admitting = false;
  /** In the order in which they are served. */
  readonly #lines = {
    /** Tasks that are to go on after they have waited for others. */
    returns: new LinkedList<Waiter>(),
    /** Tasks that running tasks submit. Those who wait for them hold no place, and must not wait for strangers. */
    nested: new LinkedList<Waiter>(),
    others: new LinkedList<Waiter>(),
  };

  constructor(capacity: number, maxBytes: number) {
    this.capacity = capacity;
    this.maxBytes = maxBytes;
  }

  get placesTaken(): number {
    return this.#placesTaken;
  }

  get bytesTaken(): number {
    return this.#bytesTaken;
  }

  get waiting(): number {
    return this.#lines.nested.size + this.#lines.others.size;
  }

  get saturated(): boolean {
    return this.waiting > 0 || this.#placesTaken >= this.capacity || this.#bytesTaken >= this.maxBytes;
  }

  /** Nobody has a place, or is about to get one. */
  get empty(): boolean {
    return this.#placesTaken === 0 && this.#first === null;
  }

  /** Takes a place and so many bytes if nobody waits and they are free. */
  tryAdmit(bytes: number): boolean {
    return this.#first === null && this.#take(bytes);
  }

  /** The same for a task that a running task submits: it does not wait behind others. */
  tryAdmitNested(bytes: number): boolean {
    const { returns, nested } = this.#lines;
    return returns.size === 0 && nested.size === 0 && this.#take(bytes);
  }

  /** Whether there are any or not: for a task that had begun, has given them up, and must begin again. */
  takeAnyway(places: number, bytes: number): void {
    this.#placesTaken += places;
    this.#bytesTaken += bytes;
  }

  /**
   * Would a task of so many bytes be admitted if so many places and bytes had been given back? Not while somebody waits:
   * they would be theirs.
   */
  wouldFit(bytes: number, placesBack: number, bytesBack: number): boolean {
    const [places, taken] = [this.#placesTaken - placesBack, this.#bytesTaken - bytesBack];
    return this.#first === null && places < this.capacity && this.#hasBytes(bytes, taken);
  }

  /** Adds bytes to a place that is held already, if they are free. Whoever waits came later than the place was taken. */
  tryAddBytes(bytes: number): boolean {
    if (!this.#hasBytes(bytes, this.#bytesTaken)) return false;
    this.#bytesTaken += bytes;
    return true;
  }

  /** Stands in line. */
  wait(waiter: Waiter): void {
    this.#lines.others.push(waiter);
  }

  /** Stands in a line that is served before; it may be served at once. */
  waitFirst(waiter: Waiter, line: 'returns' | 'nested'): void {
    this.#lines[line].push(waiter);
    this.#admitNext();
  }

  /** Leaves the line. What was granted already is the caller's to release. */
  leave(waiter: Waiter): void {
    (waiter.list as LinkedList<Waiter> | null)?.remove(waiter);
    this.#admitNext();
  }

  /** Sends everybody away, in order; nobody is admitted in their stead. Tasks that have begun still get their places. */
  close(error: unknown, lines: readonly ('nested' | 'others')[] = ['nested', 'others']): void {
    for (const line of lines.map((name) => this.#lines[name])) {
      const sentAway = [...line];
      for (const waiter of sentAway) line.remove(waiter);
      for (const waiter of sentAway) waiter.closed(error);
    }
  }

  releasePlace(): void {
    this.#placesTaken--;
    if (this.#first !== null) this.#admitNext();
  }

  releaseBytes(bytes: number): void {
    this.#bytesTaken -= bytes;
    if (this.#first !== null) this.#admitNext();
  }

  get #first(): Waiter | null {
    const { returns, nested, others } = this.#lines;
    return returns.first ?? nested.first ?? others.first;
  }

  #take(bytes: number): boolean {
    if (!this.#fits(bytes)) return false;
    this.#placesTaken++;
    this.#bytesTaken += bytes;
    return true;
  }

  #admitNext(): void {
    // Whoever is granted a place may give it back at once: the loop that is under way goes on, or a long line of such
    // callers would be as deep a recursion.
    if (this.#admitting) return;
    this.#admitting = true;
    for (let first = this.#first; first !== null; first = this.#first) {
      const { leaving, bytes } = first;
      if (!leaving && !this.#take(bytes)) break;
      (first.list as LinkedList<Waiter>).remove(first);
      if (!leaving) first.granted();
    }
    this.#admitting = false;
  }

  #fits(bytes: number): boolean {
    return this.#placesTaken < this.capacity && this.#hasBytes(bytes, this.#bytesTaken);
  }

  /** A task larger than the bound would wait for ever: it is let in when no other bytes are held. */
  #hasBytes(bytes: number, taken: number): boolean {
    return bytes === 0 || taken === 0 || taken + bytes <= this.maxBytes;
  }
}
