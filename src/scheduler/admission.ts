import { LinkedList } from './linked-list.ts';
import type { Linked } from './linked-list.ts';

/** A caller that waits in line. `granted` is called once, when what it asked for has been taken for it. */
export abstract class Waiter implements Linked {
  list: object | null = null;
  previous: Linked | null = null;
  next: Linked | null = null;
  /** False for a caller that has its place and waits for bytes only. */
  abstract readonly needsPlace: boolean;
  abstract readonly bytes: number;
  /** True for one that is about to leave by itself: it must not be granted anything. */
  get leaving(): boolean {
    return false;
  }

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
 * keep the large one out for ever.
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
  /** Holders of a place who wait for bytes: they have stood in line once, and go before it. */
  readonly #holders: LinkedList<Waiter> = new LinkedList();
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
    return this.#holders.size + this.#line.size;
  }

  get saturated(): boolean {
    return this.waiting > 0 || this.#placesTaken >= this.capacity || this.#bytesTaken >= this.maxBytes;
  }

  /** Takes a place and so many bytes if nobody waits and they are free. */
  tryAdmit(bytes: number): boolean {
    if (this.waiting > 0 || !this.#fits(true, bytes)) return false;
    this.#placesTaken++;
    this.#bytesTaken += bytes;
    return true;
  }

  /** Adds bytes to a place that is held already, if no other holder waits for some and they are free. */
  tryAddBytes(bytes: number): boolean {
    if (this.#holders.size > 0 || !this.#fits(false, bytes)) return false;
    this.#bytesTaken += bytes;
    return true;
  }

  /** Stands in line. */
  wait(waiter: Waiter): void {
    this.#listOf(waiter).push(waiter);
  }

  /** Leaves the line. What was granted already is the caller's to release. */
  leave(waiter: Waiter): void {
    this.#listOf(waiter).remove(waiter);
    this.#admitNext();
  }

  /** Sends everybody away, in order; nobody is admitted in their stead. */
  close(error: unknown): void {
    const sentAway = [...this.#holders, ...this.#line];
    for (const waiter of sentAway) this.#listOf(waiter).remove(waiter);
    for (const waiter of sentAway) waiter.closed(error);
  }

  releasePlace(): void {
    this.#placesTaken--;
    if (this.waiting > 0) this.#admitNext();
  }

  releaseBytes(bytes: number): void {
    this.#bytesTaken -= bytes;
    if (this.waiting > 0) this.#admitNext();
  }

  #admitNext(): void {
    // Whoever is granted a place may give it back at once: the loop that is under way goes on, or a long line of such
    // callers would be as deep a recursion.
    if (this.#admitting) return;
    this.#admitting = true;
    for (let first = this.#first; first !== null; first = this.#first) {
      const { leaving } = first;
      if (!leaving && !this.#fits(first.needsPlace, first.bytes)) break;
      this.#listOf(first).remove(first);
      if (leaving) continue;
      if (first.needsPlace) this.#placesTaken++;
      this.#bytesTaken += first.bytes;
      first.granted();
    }
    this.#admitting = false;
  }

  #listOf({ needsPlace }: Waiter): LinkedList<Waiter> {
    return needsPlace ? this.#line : this.#holders;
  }

  get #first(): Waiter | null {
    return this.#holders.first ?? this.#line.first;
  }

  #fits(needsPlace: boolean, bytes: number): boolean {
    if (needsPlace && this.#placesTaken >= this.capacity) return false;
    // A task larger than the bound would wait for ever: it is let in when no other bytes are held.
    return bytes === 0 || this.#bytesTaken === 0 || this.#bytesTaken + bytes <= this.maxBytes;
  }
}
