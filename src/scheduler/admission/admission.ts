import { LinkedList } from '../../base/linked-list.ts';
import type { Linked } from '../../base/linked-list.ts';

/** A submission, a loop or a returning task that waits in line for a place and bytes. */
export abstract class AdmissionWaiter implements Linked {
  list: object | null = null;
  previous: Linked | null = null;
  next: Linked | null = null;
  abstract readonly bytes: number;
  /** Is the waiter about to leave by itself? Then it must not be granted anything. */
  get leaving(): boolean {
    return false;
  }

  /** Called once, when its place and bytes have been taken for it. */
  abstract granted(): void;
  /** Called instead if the executor admits nothing more. The waiter has left the line already. */
  abstract closed(error: unknown): void;
}

/**
 * Gives out places and bytes, first come, first served within a line.
 *
 * A place is a permit: a task takes it at admission, and gives it back when its worker is really free of it, or at once if it is
 * cancelled before it began. The permits bound the executor, not the length of any list (as in tokio's `Semaphore`).
 *
 * Strictly FIFO: a small task never overtakes a large one that waits for bytes, or a stream of small tasks would keep the large one
 * out for ever. No waiter holds a place: the place would be idle meanwhile, and two waiters that need each other's place would wait
 * for ever.
 *
 * Invariants, except for what `takeAnyway()` takes: `0 ≤ placesTaken ≤ capacity`; `bytesTaken ≤ maxBytes`, except that one larger
 * task may hold bytes alone. While waiters stand in line, the first one does not fit.
 */
export class Admission {
  readonly capacity: number;
  readonly maxBytes: number;
  #placesTaken = 0;
  #bytesTaken = 0;
  #admitting = false;
  #emptied: (() => void) | null = null;
  /** The lines, in the order in which they are served. */
  readonly #lines = {
    /** Tasks that go on after a wait. */
    returns: new LinkedList<AdmissionWaiter>(),
    /** Tasks that running tasks submit. Their parents hold no place while they wait, and must not wait for unrelated tasks. */
    nested: new LinkedList<AdmissionWaiter>(),
    others: new LinkedList<AdmissionWaiter>(),
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

  /** Does anybody stand in line, tasks that go on after a wait included? */
  get hasWaiters(): boolean {
    return this.#first !== null;
  }

  get saturated(): boolean {
    return this.waiting > 0 || this.#placesTaken >= this.capacity || this.#bytesTaken >= this.maxBytes;
  }

  /** Calls back when no place is taken and no waiter stands in line: now, or at `tellIfEmpty()`. */
  whenEmpty(emptied: () => void): void {
    this.#emptied = emptied;
    this.tellIfEmpty();
  }

  /** A submission or a reservation has left for good. (`releasePlace()` does not imply it: a waiting task gives its place back, too.) */
  tellIfEmpty(): void {
    if (this.#emptied !== null && this.#placesTaken === 0 && this.#first === null) this.#emptied();
  }

  /** Takes a place and the bytes if both are free and no line has a waiter. */
  tryAdmit(bytes: number): boolean {
    return this.#first === null && this.#take(bytes);
  }

  /** Like `tryAdmit()`, for a task that a running task submits: it does not wait behind submissions from outside. */
  tryAdmitNested(bytes: number): boolean {
    const { returns, nested } = this.#lines;
    return returns.size === 0 && nested.size === 0 && this.#take(bytes);
  }

  /** Takes places and bytes even if none are free: for a task that gave them up while it waited, and must start again. */
  takeAnyway(places: number, bytes: number): void {
    this.#placesTaken += places;
    this.#bytesTaken += bytes;
  }

  /**
   * Would a task with these bytes be admitted after these places and bytes had been given back? Always false while callers wait:
   * freed places go to them first.
   */
  wouldFit(bytes: number, placesBack: number, bytesBack: number): boolean {
    const [places, taken] = [this.#placesTaken - placesBack, this.#bytesTaken - bytesBack];
    return this.#first === null && places < this.capacity && this.#hasBytes(bytes, taken);
  }

  /** Adds bytes to a reserved place, if they are free. It ignores waiters: all of them came after the place was reserved. */
  tryAddBytes(bytes: number): boolean {
    if (!this.#hasBytes(bytes, this.#bytesTaken)) return false;
    this.#bytesTaken += bytes;
    return true;
  }

  /** Puts a waiter into the line of submissions from outside. */
  wait(waiter: AdmissionWaiter): void {
    this.#lines.others.push(waiter);
  }

  /** Puts a waiter into a line that is served earlier. It may be granted at once. */
  waitFirst(waiter: AdmissionWaiter, line: 'returns' | 'nested'): void {
    this.#lines[line].push(waiter);
    this.#admitNext();
  }

  /** Moves a waiter from the line of submissions from outside to the line of nested ones. */
  promote(waiter: AdmissionWaiter): void {
    if (waiter.list !== this.#lines.others) return;
    this.#lines.others.remove(waiter);
    this.waitFirst(waiter, 'nested');
  }

  /** Removes a waiter from its line. The caller must release what the waiter was granted before. */
  leave(waiter: AdmissionWaiter): void {
    (waiter.list as LinkedList<AdmissionWaiter> | null)?.remove(waiter);
    this.#admitNext();
  }

  /** Refuses every waiter of these lines, in order, and admits none instead. Returning tasks still get their places. */
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

  get #first(): AdmissionWaiter | null {
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
    // A waiter may give its place back within `granted()`. The outer loop then continues: a long line of such waiters would
    // otherwise be a deep recursion.
    if (this.#admitting) return;
    this.#admitting = true;
    for (let first = this.#first; first !== null; first = this.#first) {
      const { leaving, bytes } = first;
      if (!leaving && !this.#take(bytes)) break;
      (first.list as LinkedList<AdmissionWaiter>).remove(first);
      if (!leaving) first.granted();
    }
    this.#admitting = false;
  }

  #fits(bytes: number): boolean {
    return this.#placesTaken < this.capacity && this.#hasBytes(bytes, this.#bytesTaken);
  }

  /** A task larger than the bound would wait for ever, so it is admitted when no other task holds bytes. */
  #hasBytes(bytes: number, taken: number): boolean {
    return bytes === 0 || taken === 0 || taken + bytes <= this.maxBytes;
  }
}
