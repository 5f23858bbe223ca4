import type { Future } from '../index.ts';

/** Work of one request, as long as it may not have begun. */
export interface PendingEntry {
  readonly future: Future<unknown>;
  /** Set when it has settled, or no longer needs to be known. */
  gone: boolean;
}

/**
 * Work of one class in the order in which it came, to find the newest that no thread has begun.
 *
 * A stack from which entries vanish at any place: they are only marked, and swept out when they are the majority, so each
 * costs a constant amount.
 */
export class PendingWork {
  #entries: PendingEntry[] = [];
  #gone = 0;

  add(future: Future<unknown>): PendingEntry {
    const entry: PendingEntry = { future, gone: false };
    this.#entries.push(entry);
    return entry;
  }

  /** May be called more than once. */
  remove(entry: PendingEntry): void {
    if (entry.gone) return;
    entry.gone = true;
    this.#gone++;
    if (this.#gone > 32 && this.#gone > this.#entries.length / 2) {
      this.#entries = this.#entries.filter(({ gone }) => !gone);
      this.#gone = 0;
    }
  }

  /** The newest that has not begun. Those behind it have begun or ended, and never have to be looked at again. */
  newest(): Future<unknown> | undefined {
    for (let entry = this.#entries.at(-1); entry !== undefined; entry = this.#entries.at(-1)) {
      if (!entry.gone && entry.future.state === 'pending') return entry.future;
      this.#entries.pop();
      if (entry.gone) this.#gone--;
      entry.gone = true;
    }
    return undefined;
  }

  /** Those that have not begun, oldest first. */
  waiting(): Future<unknown>[] {
    return this.#entries
      .filter(({ gone, future }) => !gone && future.state === 'pending')
      .map(({ future }) => future);
  }
}
