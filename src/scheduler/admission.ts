import { LinkedList } from './linked-list.ts';
import type { Linked } from './linked-list.ts';

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
 * Invariants: `0 ≤ placesTaken ≤ capacity`; `bytesTaken ≤ maxBytes`, except that one larger task may hold bytes alone;
 * while anybody waits, the first in line does not fit.
 */
export class Admission {
  readonly capacity: number;
  readonly maxBytes: number;
  #placesTaken = 0;
  #bytesTaken = 0;
  #admitting = false;
  readonly #line: LinkedList<Waiter> = new LinkedList();

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
    return this.#line.size;
  }

  get saturated(): boolean {
    return this.waiting > 0 || this.#placesTaken >= this.capacity || this.#bytesTaken >= this.maxBytes;
  }

  /** Takes a place and so many bytes if nobody waits and they are free. */
  tryAdmit(bytes: number): boolean {
    if (!this.wouldFit(bytes, 0, 0)) return false;
    this.#placesTaken++;
    this.#bytesTaken += bytes;
    return true;
  }

  /**
   * Would a task of so many bytes be admitted if so many places and bytes had been given back? Not while somebody waits:
   * they would be theirs.
   */
  wouldFit(bytes: number, placesBack: number, bytesBack: number): boolean {
    const hasPlace = this.#placesTaken - placesBack < this.capacity;
    return this.#line.size === 0 && hasPlace && this.#hasBytes(bytes, this.#bytesTaken - bytesBack);
  }

  /** Adds bytes to a place that is held already, if they are free. Whoever waits came later than the place was taken. */
  tryAddBytes(bytes: number): boolean {
    if (!this.#hasBytes(bytes, this.#bytesTaken)) return false;
    this.#bytesTaken += bytes;
    return true;
  }

  /** Stands in line. */
  wait(waiter: Waiter): void {
    this.#line.push(waiter);
  }

  /** Leaves the line. What was granted already is the caller's to release. */
  leave(waiter: Waiter): void {
    this.#line.remove(waiter);
    this.#admitNext();
  }

  /** Sends everybody away, in order; nobody is admitted in their stead. */
  close(error: unknown): void {
    const sentAway = [...this.#line];
    for (const waiter of sentAway) this.#line.remove(waiter);
    for (const waiter of sentAway) waiter.closed(error);
  }

  releasePlace(): void {
    this.#placesTaken--;
    if (this.#line.size > 0) this.#admitNext();
  }

  releaseBytes(bytes: number): void {
    this.#bytesTaken -= bytes;
    if (this.#line.size > 0) this.#admitNext();
  }

  #admitNext(): void {
    // Whoever is granted a place may give it back at once: the loop that is under way goes on, or a long line of such
    // callers would be as deep a recursion.
    if (this.#admitting) return;
    this.#admitting = true;
    for (let { first } = this.#line; first !== null; first = this.#line.first) {
      const { leaving, bytes } = first;
      if (!leaving && !this.#fits(bytes)) break;
      this.#line.remove(first);
      if (leaving) continue;
      this.#placesTaken++;
      this.#bytesTaken += bytes;
      first.granted();
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
