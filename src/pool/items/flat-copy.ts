const { getPrototypeOf, hasOwn, keys } = Object;
const { isArray } = Array;
// A task may replace it.
const slice = Function.prototype.call.bind(Array.prototype.slice) as (array: readonly unknown[]) => unknown[];

/** Values of more elements or properties are cloned like any other value. */
const most = 1000;

/** A copy, and its estimated bytes when sent. */
export interface FlatCopy {
  readonly copy: object;
  readonly bytes: number;
}

/**
 * Copies a plain object or an array of primitive values, such as a row. The copy equals what cloning would make, and is much cheaper.
 * Undefined for any other value.
 */
export function flatCopy(value: object): FlatCopy | undefined {
  const prototype: unknown = getPrototypeOf(value);
  if (isArray(value)) return prototype === Array.prototype ? flatArray(value) : undefined;
  return prototype === Object.prototype || prototype === null ? flatObject(value) : undefined;
}

function flatArray(array: readonly unknown[]): FlatCopy | undefined {
  const { length } = array;
  if (length > most || keys(array).length !== length) return undefined;
  const copy = slice(array);
  let bytes = 8;
  for (let index = 0; index < length; index++) {
    const size = flatBytes(copy[index]);
    if (size < 0 || (copy[index] === undefined && !hasOwn(copy, index))) return undefined;
    bytes += size;
  }
  return { copy, bytes };
}

function flatObject(object: object): FlatCopy | undefined {
  // By a spread, which defines: an assignment could meet a setter that a task has put on `Object.prototype`.
  const copy: Record<string, unknown> = { ...object };
  const names = keys(copy);
  const { length } = names;
  if (length > most) return undefined;
  let bytes = 8;
  for (let index = 0; index < length; index++) {
    const name = names[index] as string;
    const size = flatBytes(copy[name]);
    if (size < 0) return undefined;
    bytes += 2 + name.length * 2 + size;
  }
  return { copy, bytes };
}

/** Bytes of a primitive value, as `payloadBytes` estimates them; -1 for a value that is not primitive or can't be sent. */
export function flatBytes(value: unknown): number {
  if (typeof value === 'string') return 5 + value.length * 2;
  if (typeof value === 'number') return 8;
  if (typeof value === 'object') return value === null ? 4 : -1;
  return typeof value === 'boolean' || value === undefined ? 4 : -1;
}
