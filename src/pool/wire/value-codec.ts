import { createError, define } from './error-record.ts';
import { noExtras, Transcript } from './transcript.ts';
import type { Extras } from './transcript.ts';
import { scan } from './value-scan.ts';

export type { Extras };

/** Values on their way to another thread. Every value that crosses goes through `encode` and `decode`. */
export interface Encoded {
  readonly values: unknown[];
  readonly extras?: Extras | undefined;
}

/** `maxDepth` and the levels that the layout of extras adds. */
const layoutDepth = 1010;

/**
 * Encodes values so that `decode` restores them: a `Buffer` stays a `Buffer` at any depth, and an error keeps its class, name, code,
 * cause and own properties. Most values need no encoding, and are sent themselves.
 *
 * @throws what `scan` throws for values that can't cross, and what getters throw. Other uncloneable values fail only when they are
 *   posted.
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

/** Checks the depth of the encoding itself: values that getters return, or that two paths lead to, may be nested deeply as well. */
export function checked(encoded: Encoded): Encoded {
  scan([encoded], layoutDepth);
  return encoded;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Appends an encoded value to the values of a message. @returns the extras to send with them. */
export function append(
  { values: [value], values: own, extras }: Encoded,
  values: unknown[],
): Extras | undefined {
  const position = values.push(value) - 1;
  if (extras === undefined) return undefined;
  // The values hold only the place of an error.
  const slots = extras.slots.map(([within, key, error]) =>
    within === own ? ([values, position, error] as const) : ([within, key, error] as const),
  );
  return { ...extras, slots };
}

/** Restores the values in place, and returns the list that has arrived. */
export function decode({ values, extras }: Encoded): unknown[] {
  if (extras === undefined) return values;
  const { buffers, errors, slots, collections } = extras;
  for (const bytes of buffers) Object.setPrototypeOf(bytes, Buffer.prototype);
  const made = new Map(errors.map((record) => [record, createError(record)]));
  for (const [within, key, record] of slots) define(within, key, made.get(record));
  for (const [collection, contents] of collections) fill(collection, contents);
  for (const [{ properties, hidden }, error] of made) {
    const isHidden = new Set(hidden);
    for (const key of Object.keys(properties)) define(error, key, properties[key], !isHidden.has(key));
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
