import { createError, define } from './error-record.ts';
import { noExtras, Transcript } from './transcript.ts';
import type { Extras } from './transcript.ts';
import { scan } from './value-scan.ts';

export type { Extras };

/** Values on their way to another thread. Every way over the border takes them through `encode` and `decode`. */
export interface Encoded {
  readonly values: unknown[];
  readonly extras?: Extras | undefined;
}

/** The layout of extras adds some levels of its own to those of a value. */
const layoutDepth = 1010;

/**
 * What is to be sent instead of these values, so that `decode` makes the same of it as they are: a `Buffer` stays one, wherever it
 * stands, and an error keeps its class, name, code, cause and own properties. Mostly the values themselves.
 *
 * @throws what `scan` throws for values that can't cross, and what getters throw. What can't be cloned otherwise is told by the
 *   sending of it.
 */
export function encode(values: unknown[]): Encoded {
  if (!values.some(isObject)) return { values };
  const { buffers, needsCopy } = scan(values);
  if (!needsCopy) return buffers === undefined ? { values } : { values, extras: noExtras(buffers) };
  const copy = new Transcript();
  const copies: unknown[] = [];
  for (const [index, value] of values.entries()) copy.put(copies, index, value);
  copy.finish();
  return checked({ values: copies, extras: copy.extras });
}

/** What getters return, and what was found on another way to it, may be nested deeply as well. */
export function checked(encoded: Encoded): Encoded {
  scan([encoded], layoutDepth);
  return encoded;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Adds an encoded value to those that are sent with it. @returns what goes with them for its sake. */
export function append(
  { values: [value], values: own, extras }: Encoded,
  values: unknown[],
): Extras | undefined {
  const position = values.push(value) - 1;
  if (extras === undefined) return undefined;
  // An error, of which nothing but the place is sent.
  const slots = extras.slots.map(([within, key, error]) =>
    within === own ? ([values, position, error] as const) : ([within, key, error] as const),
  );
  return { ...extras, slots };
}

/** The values, as they were; in the list that has arrived. */
export function decode({ values, extras }: Encoded): unknown[] {
  if (extras === undefined) return values;
  const { buffers, errors, slots, collections } = extras;
  for (const bytes of buffers) Object.setPrototypeOf(bytes, Buffer.prototype);
  const made = new Map(errors.map((record) => [record, createError(record)]));
  for (const [within, key, record] of slots) define(within, key, made.get(record));
  for (const [collection, contents] of collections) fill(collection, contents);
  for (const [{ properties, hidden }, error] of made) {
    for (const key of Object.keys(properties)) define(error, key, properties[key], !hidden.includes(key));
  }
  return values;
}

function fill(collection: object, contents: readonly unknown[]): void {
  if (collection instanceof Set) for (const element of contents) collection.add(element);
  else if (collection instanceof Map) {
    for (let index = 0; index < contents.length; index += 2)
      collection.set(contents[index], contents[index + 1]);
  }
}
