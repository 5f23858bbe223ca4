import { types } from 'node:util';
import { eachWithin, kindOf } from './contents.ts';
import type { Kind, Visit } from './contents.ts';
import { isSmallView } from './small-view.ts';

/**
 * About how many bytes a list of arguments takes when it is sent: exact for buffers that are arguments by themselves. Other
 * values of 1 KiB and more take at most half as much again, and at least a quarter of it. Whatever is there several times counts
 * once, as cloning does it.
 *
 * A view counts as all of the memory behind it, which is what cloning takes; but a small one that is an argument by
 * itself is copied first, and counts as its own bytes. What is not copied (shared memory, what a `Blob` or a key holds) does not
 * count, nor does what a getter returns.
 *
 * Never throws. What can't be looked at counts as empty: sending it fails, with a better message.
 */
export function payloadBytes(values: readonly unknown[]): number {
  let total = 0;
  let objects: ObjectSizes | undefined;
  for (const value of values) {
    if (typeof value !== 'object' || value === null) total += primitiveBytes(value);
    else if (isSmallView(value)) total += value.byteLength;
    else (objects ??= new ObjectSizes()).addArgument(value);
  }
  return objects === undefined ? total : total + objects.total();
}

/** Written before each object, and each buffer within one. An array with a hole in it also writes the index of each element. */
const headerBytes = 8;
/** Instead of what is there a second time. */
const referenceBytes = 6;
/** What stays where it is, and the number or name by which the other side finds it. */
const handleBytes = 64;
/** An error is sent with the names of its parts. */
const errorBytes = 48;

/** Of one byte or two a character: that can't be seen. The numbers lie between what an array takes for them with and without holes. */
const stringBytes = (text: string): number => 5 + text.length * 2;
const keyBytes = (key: string): number => 2 + key.length * 2;

function primitiveBytes(value: unknown): number {
  if (typeof value === 'string') return stringBytes(value);
  // Whole numbers of 31 bits take two to six, others nine.
  if (typeof value === 'number') return (value | 0) === value ? 8 : 10;
  return typeof value === 'bigint' ? bigintBytes(value) : 4;
}

/** To the next power of two. Its length is known to nobody; a number that has not enough digits is returned as it is, not copied. */
function bigintBytes(value: bigint): number {
  if (value === 0n) return 8;
  let bits = 64;
  while (BigInt.asIntN(bits, value) !== value) bits *= 2;
  return 4 + bits / 8;
}

/** Keeps a list of what is still to be measured instead of recursing: no depth is too much for it. */
class ObjectSizes {
  readonly #seen = new Set<object>();
  readonly #unmeasured: object[] = [];
  #total = 0;

  readonly #visit: Visit = (value, key) => {
    if (typeof key === 'string') this.#total += keyBytes(key);
    if (typeof value === 'object' && value !== null) this.#add(value);
    else this.#total += primitiveBytes(value);
  };

  /** Without a header, if it is a buffer. */
  addArgument(value: object): void {
    const isFirst = this.#add(value);
    if (!ArrayBuffer.isView(value) && !types.isAnyArrayBuffer(value)) return;
    this.#total -= isFirst ? headerBytes : referenceBytes;
  }

  total(): number {
    for (let object = this.#unmeasured.pop(); object; object = this.#unmeasured.pop()) {
      const kind = kindOf(object);
      this.#total += ownBytes(object, kind);
      try {
        eachWithin(object, kind, this.#visit);
      } catch {
        // An element's getter threw.
      }
    }
    return this.#total;
  }

  /** @returns false for what has been there before. */
  #add(value: object): boolean {
    const isView = ArrayBuffer.isView(value);
    const object = isView ? memoryOf(value) : value;
    const isFirst = object !== undefined && !this.#seen.has(object);
    if (isFirst) {
      this.#seen.add(object);
      // Frequent, and what it is need not be found out again.
      if (isView && types.isArrayBuffer(object)) this.#total += headerBytes + object.byteLength;
      else this.#unmeasured.push(object);
    } else this.#total += referenceBytes;
    return isFirst;
  }
}

/** What it takes beside what is within it. */
function ownBytes(object: object, kind: Kind): number {
  if (kind === 'leaf') return leafBytes(object);
  if (kind === 'platform') return handleBytes;
  if (kind === 'error') return errorBytes + textBytes(object, 'message') + textBytes(object, 'stack');
  return headerBytes;
}

function leafBytes(object: object): number {
  if (types.isArrayBuffer(object)) return headerBytes + object.byteLength;
  if (types.isRegExp(object)) return textBytes(object, 'source');
  if (types.isBooleanObject(object)) return 4;
  if (types.isStringObject(object)) return stringBytes(String.prototype.valueOf.call(object));
  if (types.isBigIntObject(object)) return bigintBytes(BigInt.prototype.valueOf.call(object));
  return types.isDate(object) || types.isNumberObject(object) ? 10 : headerBytes;
}

function textBytes(object: object, key: 'message' | 'stack' | 'source'): number {
  try {
    const text = (object as Record<typeof key, unknown>)[key];
    return typeof text === 'string' ? stringBytes(text) : 0;
  } catch {
    // Somebody has put a getter there.
    return 0;
  }
}

function memoryOf(view: ArrayBufferView): ArrayBufferLike | undefined {
  try {
    return view.buffer;
  } catch {
    // Somebody has put a getter there.
    return undefined;
  }
}
