import { show } from '../../base/options.ts';
import { eachWithin, kindOf } from '../../tasks/contents.ts';
import { isOrdinary } from '../../tasks/platform-object.ts';
import { define, describeError, eachProperty } from './error-record.ts';
import type { ErrorRecord } from './error-record.ts';
import { scan } from './value-scan.ts';

/** What cloning would not make of values by itself. It is sent in the same message, so that it refers to the clones. */
export interface Extras {
  /** Arrive as plain `Uint8Array`s. */
  readonly buffers: Uint8Array[];
  /** Every error, once. */
  readonly errors: ErrorRecord[];
  /** Where the errors belong. */
  readonly slots: Slot[];
  /** Arrive empty. */
  readonly collections: Collection[];
}

type Slot = readonly [within: object, key: string | number, error: ErrorRecord];
/** A Map with its keys and values in turn, or a Set with its elements. */
type Collection = readonly [collection: object, contents: unknown[]];

export const noExtras = (buffers: Uint8Array[] = []): Extras => ({
  buffers,
  errors: [],
  slots: [],
  collections: [],
});

/**
 * A copy of values, so that they cross as they are: with records in the place of errors, what getters return in the place
 * of getters, and the contents of a Map or Set beside it. What has nothing in it is not copied.
 *
 * Keeps lists of what is still to be done instead of recursing: no chain of errors is too long for it.
 */
export class Transcript {
  readonly extras: Extras = noExtras();
  /** Does it contain objects that somebody may change before it is sent? */
  sharesObjects = false;
  readonly #withErrors: boolean;
  readonly #copies = new Map<object, object>();
  readonly #records = new Map<object, ErrorRecord>();
  readonly #buffers = new Set<object>();
  readonly #unfilled: (() => void)[] = [];
  readonly #cloneable = new Map<object, boolean>();

  /** @param withErrors false: leaves errors out. */
  constructor(withErrors = true) {
    this.#withErrors = withErrors;
  }

  /** Puts a value somewhere in the copy. */
  put(within: object, key: string | number, value: unknown): void {
    if (typeof value !== 'object' || value === null) return set(within, key, value);
    const kind = kindOf(value);
    if (kind === 'error') return this.#putError(within, key, value as Error);
    this.sharesObjects = true;
    if (kind === 'leaf' || kind === 'platform' || (kind === 'object' && !isOrdinary(value))) {
      if (Buffer.isBuffer(value) && !this.#buffers.has(value)) {
        this.#buffers.add(value);
        this.extras.buffers.push(value);
      }
      return set(within, key, value);
    }
    let copy = this.#copies.get(value);
    if (copy === undefined) {
      copy = kind === 'array' ? [] : kind === 'map' ? new Map() : kind === 'set' ? new Set() : {};
      this.#copies.set(value, copy);
      this.#copyInto(copy, value, kind);
    }
    return set(within, key, copy);
  }

  /** Puts a value there, or a description of one that can't be cloned. Never throws. */
  putWhatCan(within: object, key: string | number, value: unknown): void {
    if (this.#isCloneable(value)) this.put(within, key, value);
    else set(within, key, show(value));
  }

  /** To be called when all has been put. @throws what a getter throws. */
  finish(): void {
    // A list that grows while it is read.
    for (const fill of this.#unfilled) fill();
  }
  #copyInto(copy: object, original: object, kind: Parameters<typeof eachWithin>[1]): void {
    if (kind === 'map' || kind === 'set') {
      const contents: unknown[] = [];
      this.extras.collections.push([copy, contents]);
      this.#unfilled.push(() => {
        let next = 0;
        eachWithin(original, kind, (value) => this.put(contents, next++, value));
      });
      return;
    }
    this.#unfilled.push(() => {
      if (kind === 'array') (copy as unknown[]).length = (original as unknown[]).length;
      eachWithin(original, kind, (value, key, isGetter) => {
        const at = key as string;
        this.put(copy, at, isGetter ? (original as Record<string, unknown>)[at] : value);
      });
    });
  }

  #putError(within: object, key: string | number, error: Error): void {
    set(within, key, null);
    if (!this.#withErrors) return;
    let record = this.#records.get(error);
    if (record === undefined) {
      const made = describeError(error);
      record = made;
      this.#records.set(error, made);
      this.extras.errors.push(made);
      this.#unfilled.push(() => {
        eachProperty(error, made, (name, value, enumerable) => {
          if (!enumerable) made.hidden.push(name);
          if (name === 'errors' && Array.isArray(value)) this.#putList(made.properties, name, value);
          else this.putWhatCan(made.properties, name, value);
        });
      });
    }
    this.extras.slots.push([within, key, record]);
  }

  /** Those of an `AggregateError`, each by itself. */
  #putList(within: object, key: string, values: readonly unknown[]): void {
    const list: unknown[] = [];
    set(within, key, list);
    try {
      eachWithin(values, kindOf(values), (value) => this.putWhatCan(list, list.length, value));
    } catch {
      // An element's getter threw.
    }
  }

  #isCloneable(value: unknown): boolean {
    if (typeof value === 'function' || typeof value === 'symbol') return false;
    if (typeof value !== 'object' || value === null || kindOf(value) === 'error') return true;
    let known = this.#cloneable.get(value);
    if (known === undefined) {
      known = isCloneable(value);
      this.#cloneable.set(value, known);
    }
    return known;
  }
}

/** What is in errors does not count: of that, what can't be cloned is left behind. */
function isCloneable(value: object): boolean {
  try {
    const { needsCopy } = scan([value]);
    if (!needsCopy) structuredClone(value);
    else {
      const values: unknown[] = [];
      const copy = new Transcript(false);
      copy.put(values, 0, value);
      copy.finish();
      structuredClone([values, copy.extras]);
    }
    return true;
  } catch {
    return false;
  }
}

/** Not by assignment: that of `__proto__` does something else. */
function set(within: object, key: string | number, value: unknown): void {
  if (key === '__proto__') define(within, key, value);
  else (within as Record<string | number, unknown>)[key] = value;
}
