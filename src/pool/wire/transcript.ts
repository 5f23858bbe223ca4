import { show } from '../../base/options.ts';
import { eachWithin, kindOf } from '../../tasks/contents.ts';
import { isOrdinary } from '../../tasks/platform-object.ts';
import { define, describeError, eachProperty } from './error-record.ts';
import type { ErrorRecord } from './error-record.ts';
import { maxDepth, scan, TooDeepError } from './value-scan.ts';

/** The parts of values that cloning would change or lose. They travel in the same message, so that they refer to the clones. */
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

/** The path to a value. */
interface Way {
  /** Levels below the root or below the last error on the path. Errors may be nested to any depth. */
  readonly depth: number;
  /** Getters on the path from the root. */
  readonly getters: number;
}

const atTop: Way = { depth: 1, getters: 0 };

export const noExtras = (buffers: Uint8Array[] = []): Extras => ({
  buffers,
  errors: [],
  slots: [],
  collections: [],
});

/**
 * A copy of values in a form that crosses unchanged: errors become records, getters become the values they return, and the
 * contents of a Map or Set are listed beside it. Values without any of these are not copied.
 *
 * Works through lists instead of recursing: a chain of errors may have any length.
 */
export class Transcript {
  readonly extras: Extras = noExtras();
  /** Does the copy contain original objects, which may change before they are sent? */
  sharesObjects = false;
  readonly #withErrors: boolean;
  readonly #copies = new Map<object, object>();
  readonly #records = new Map<object, ErrorRecord>();
  readonly #buffers = new Set<object>();
  readonly #unfilled: (() => void)[] = [];
  readonly #cloneable = new Map<object, boolean>();

  /** @param withErrors false leaves errors out. */
  constructor(withErrors = true) {
    this.#withErrors = withErrors;
  }

  /**
   * Puts a value somewhere in the copy.
   *
   * @throws {TooDeepError} at once, not after copying all: getters may return new objects without end.
   */
  put(within: object, key: string | number, value: unknown, way: Way = atTop): void {
    if (typeof value !== 'object' || value === null) return set(within, key, value);
    const kind = kindOf(value);
    if (kind === 'error') return this.#putError(within, key, value as Error, way);
    if (way.depth > maxDepth || way.getters > maxDepth) throw new TooDeepError();
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
      this.#copyInto(copy, value, kind, way);
    }
    return set(within, key, copy);
  }

  /** As `put`, but puts a description of a value that can't be cloned. Never throws. */
  putWhatCan(within: object, key: string | number, value: unknown, way: Way = atTop): void {
    if (way.getters <= maxDepth && this.#isCloneable(value)) this.put(within, key, value, way);
    else set(within, key, show(value));
  }

  /** Call this after the last `put`. @throws what a getter throws. */
  finish(): void {
    // A list that grows while it is read.
    for (const fill of this.#unfilled) fill();
  }

  #copyInto(copy: object, original: object, kind: Parameters<typeof eachWithin>[1], way: Way): void {
    const { depth, getters } = way;
    const within = { depth: depth + 1, getters };
    if (kind === 'map' || kind === 'set') {
      const contents: unknown[] = [];
      this.extras.collections.push([copy, contents]);
      this.#unfilled.push(() => {
        let next = 0;
        eachWithin(original, kind, (value) => this.put(contents, next++, value, within));
      });
      return;
    }
    this.#unfilled.push(() => {
      if (kind === 'array') (copy as unknown[]).length = (original as unknown[]).length;
      eachWithin(original, kind, (value, key, isGetter) => {
        const at = key as string;
        if (!isGetter) return this.put(copy, at, value, within);
        this.put(copy, at, (original as Record<string, unknown>)[at], {
          depth: depth + 1,
          getters: getters + 1,
        });
      });
    });
  }

  #putError(within: object, key: string | number, error: Error, { getters }: Way): void {
    set(within, key, null);
    if (!this.#withErrors) return;
    let record = this.#records.get(error);
    if (record === undefined) {
      const made = describeError(error);
      record = made;
      this.#records.set(error, made);
      this.extras.errors.push(made);
      this.#unfilled.push(() => {
        eachProperty(error, made, (name, value, enumerable, isGetter) => {
          const way = { depth: 1, getters: isGetter ? getters + 1 : getters };
          if (!enumerable) made.hidden.push(name);
          if (name === 'errors' && isList(value)) this.#putList(made.properties, name, value, way);
          else this.putWhatCan(made.properties, name, value, way);
        });
      });
    }
    this.extras.slots.push([within, key, record]);
  }

  /** Puts each of an `AggregateError`'s `errors` by itself. */
  #putList(within: object, key: string, values: readonly unknown[], way: Way): void {
    const list: unknown[] = [];
    set(within, key, list);
    try {
      // Without its holes; a property that hangs on the list keeps its name.
      eachWithin(values, 'array', (value, at) =>
        this.putWhatCan(list, typeof at === 'string' ? at : list.length, value, way),
      );
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

/** Is it an array, and no proxy of one, which can't cross? */
const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && kindOf(value) === 'array';

/** Ignores the contents of errors: their uncloneable parts are left out. */
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

/** Defines the property: assigning to `__proto__` would set the prototype. */
function set(within: object, key: string | number, value: unknown): void {
  if (key === '__proto__') define(within, key, value);
  else (within as Record<string | number, unknown>)[key] = value;
}
