import { Ring } from '../base/ring.ts';

/** An item of the source, from when it begins until it is read. `value` is its result, or the reason why it failed. */
export interface Entry {
  settled: boolean;
  failed: boolean;
  value: unknown;
}

export type Step<T> = IteratorResult<T | PromiseSettledResult<T>, undefined>;

/**
 * Items in the order in which they are to be read: as they began if ordered, else as they settled.
 *
 * The first of them may be read, or be waited for, or be a failure that is to be thrown.
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

  /** What the reader gets next; null if that is not known yet, or is a failure. */
  take(): Step<T> | null {
    const { first } = this.#entries;
    if (first === undefined || !first.settled || first === this.failure) return null;
    this.#entries.shift();
    return { done: false, value: this.#outcomes ? outcomeOf<T>(first) : (first.value as T) };
  }

  /** The failure whose turn it is to be thrown. */
  get failure(): Entry | null {
    const { first } = this.#entries;
    return first?.failed === true && !this.#outcomes ? first : null;
  }

  clear(): void {
    this.#entries.clear();
  }
}

function outcomeOf<T>({ failed, value }: Entry): PromiseSettledResult<T> {
  return failed ? { status: 'rejected', reason: value } : { status: 'fulfilled', value: value as T };
}
