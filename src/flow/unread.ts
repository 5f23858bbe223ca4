import type { Outcome } from '../base/outcome.ts';
import { Ring } from '../base/ring.ts';

/** An item of the source, from its start until it is read. `value` is its result, or the reason of its failure. */
export interface Entry {
  settled: boolean;
  failed: boolean;
  value: unknown;
}

export type ResultStep<T> = IteratorResult<T | Outcome<T>, undefined>;

/**
 * Items in reading order: the order of their starts if ordered, else the order in which they settled.
 *
 * The first item may be ready to read, unsettled, or a failure to throw.
 */
export class Unread<T> {
  readonly #ordered: boolean;
  readonly #outcomes: boolean;
  readonly #entries = new Ring<Entry>();

  constructor(ordered: boolean, outcomes: boolean) {
    this.#ordered = ordered;
    this.#outcomes = outcomes;
  }

  begin(): Entry {
    const entry: Entry = { settled: false, failed: false, value: undefined };
    if (this.#ordered) this.#entries.push(entry);
    return entry;
  }

  settle(entry: Entry, failed: boolean, value: unknown): void {
    entry.settled = true;
    entry.failed = failed;
    entry.value = value;
    if (!this.#ordered) this.#entries.push(entry);
  }

  /** The reader's next step; null if the first item is unsettled or a failure. */
  take(): ResultStep<T> | null {
    const { first } = this.#entries;
    if (first === undefined || !first.settled || first === this.failure) return null;
    this.#entries.shift();
    return { done: false, value: this.#outcomes ? outcomeOf<T>(first) : (first.value as T) };
  }

  /** The first item if it is a failure; else null. */
  get failure(): Entry | null {
    const { first } = this.#entries;
    return first?.failed === true && !this.#outcomes ? first : null;
  }

  clear(): void {
    this.#entries.clear();
  }
}

function outcomeOf<T>({ failed, value }: Entry): Outcome<T> {
  return failed ? { status: 'rejected', reason: value } : { status: 'fulfilled', value: value as T };
}
