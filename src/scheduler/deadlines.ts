import { Timer } from '../timer.ts';

/** An alarm that has been set; `cancel()` is free to be called at any time, more than once. */
export interface Alarm {
  cancel(): void;
}

interface Entry extends Alarm {
  readonly at: number;
  readonly ring: () => void;
  cancelled: boolean;
}

/**
 * All the deadlines of an executor on one timer: a binary heap of entries and a timer for the earliest.
 *
 * Cancelled entries stay in the heap until they surface, or until they are more than half of it. The timer does not
 * keep the process alive: what the deadlines are about (a task, a caller that waits) does that as long as it matters.
 */
export class Deadlines {
  readonly #heap: Entry[] = [];
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
        if (this.#cancelled > 32 && this.#cancelled > this.#heap.length / 2) this.#compact();
      },
    };
    this.#push(entry);
    this.#arm();
    return entry;
  }

  /**
   * Rings what is due now, without waiting for the timer: that is late when something has held the thread.
   */
  ringDue(): void {
    const earliest = this.#heap[0];
    if (earliest !== undefined && earliest.at <= performance.now()) this.#fire();
  }

  #arm(): void {
    const earliest = this.#heap[0];
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
    for (let entry = this.#heap[0]; entry !== undefined && entry.at <= now; entry = this.#heap[0]) {
      this.#pop();
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
    const live = this.#heap.filter((entry) => !entry.cancelled);
    this.#heap.length = 0;
    this.#cancelled = 0;
    for (const entry of live) this.#push(entry);
    if (live.length === 0 && this.#timer !== null) {
      this.#timer.cancel();
      this.#timer = null;
      this.#timerAt = Infinity;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if ((heap[parent] as Entry).at <= entry.at) break;
      heap[index] = heap[parent] as Entry;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Entry).at < (heap[child] as Entry).at) child++;
      if ((heap[child] as Entry).at >= last.at) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}
