// The global `performance` is a getter, which costs 15 ns more for each task.
import { performance } from 'node:perf_hooks';
import { Heap } from './heap.ts';
import { Timer } from './timer.ts';

/** An alarm that has been set. `cancel()` may be called at any time, more than once. */
export interface Alarm {
  cancel(): void;
}

interface Entry extends Alarm {
  readonly at: number;
  readonly ring: () => void;
  cancelled: boolean;
}

/**
 * All deadlines of an executor on one timer: a binary heap of entries, and a timer for the earliest entry.
 *
 * A cancelled entry stays in the heap until it comes first, or until cancelled entries are more than half of the heap. The timer
 * does not keep the process alive: the task or the caller that a deadline belongs to does.
 */
export class Deadlines {
  readonly #heap = new Heap<Entry>((a, b) => a.at < b.at);
  #cancelled = 0;
  #timer: Timer | null = null;
  #timerAt = Infinity;

  /** Calls `ring` once, `delayMs` from now (never earlier), unless cancelled. */
  set(delayMs: number, ring: () => void): Alarm {
    const entry: Entry = {
      at: performance.now() + delayMs,
      ring,
      cancelled: false,
      cancel: () => {
        if (entry.cancelled) return;
        entry.cancelled = true;
        this.#cancelled++;
        if (this.#cancelled > 32 && this.#cancelled > this.#heap.size / 2) this.#compact();
      },
    };
    this.#heap.push(entry);
    this.#arm();
    return entry;
  }

  /** Rings the alarms that are due now, without waiting for the timer, which is late after something has blocked the thread. */
  ringDue(): void {
    const earliest = this.#heap.first;
    if (earliest !== undefined && earliest.at <= performance.now()) this.#fire();
  }

  #arm(): void {
    const earliest = this.#heap.first;
    if (earliest === undefined || earliest.at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = earliest.at;
    this.#timer = new Timer(earliest.at - performance.now(), () => this.#fire(), { keepsAlive: false });
  }

  #fire(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerAt = Infinity;
    const now = performance.now();
    for (
      let { first: entry } = this.#heap;
      entry !== undefined && entry.at <= now;
      entry = this.#heap.first
    ) {
      this.#heap.shift();
      if (entry.cancelled) this.#cancelled--;
      else {
        entry.cancelled = true;
        entry.ring();
        continue;
      }
    }
    this.#arm();
  }

  #compact(): void {
    this.#heap.filter((entry) => !entry.cancelled);
    this.#cancelled = 0;
    if (this.#heap.size === 0 && this.#timer !== null) {
      this.#timer.cancel();
      this.#timer = null;
      this.#timerAt = Infinity;
    }
  }
}
