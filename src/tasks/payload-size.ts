import { types } from 'node:util';
import { eachWithin, kindOf } from './contents.ts';
import type { Kind, Visit } from './contents.ts';
import { isFlat } from './flat.ts';
import { isSmallView } from './small-view.ts';

/**
 * Estimates how many bytes a list of arguments takes when it is sent. The estimate is exact for buffers that are themselves
 * arguments. Other values of 1 KiB and more really take between a quarter and one and a half times the estimate. An object that
 * occurs several times counts once, as cloning copies it once.
 *
 * A view counts with all of the memory behind it, which cloning copies; but a small view that is itself an argument is copied
 * first, and counts with its own bytes. Memory that is not copied (shared memory, the contents of a `Blob` or a key) does not count,
 * nor do values that a getter returns.
 *
 * Never throws. A value that can't be inspected counts as empty: sending it fails, with a better message.
 */
export function payloadBytes(values: readonly unknown[]): number {
  let total = 0;
  let only: object | undefined;
  let objects: ObjectSizes | undefined;
  for (const value of values) {
    if (typeof value !== 'object' || value === null) total += primitiveBytes(value);
    else if (isSmallView(value)) total += value.byteLength;
    else if (objects !== undefined) objects.addArgument(value);
    else if (only === undefined) only = value;
    else {
      objects = new ObjectSizes();
      objects.addArgument(only);
      objects.addArgument(value);
    }
  }
  if (objects !== undefined) return total + objects.total();
  return only === undefined ? total : total + bytesOfOne(only);
}

function bytesOfOne(object: object): number {
  try {
    if (isFlat(object)) return flatBytes(object);
  } catch {
    // An element's getter threw.
  }
  const objects = new ObjectSizes();
  objects.addArgument(object);
  return objects.total();
}

function flatBytes(object: object): number {
  let total = headerBytes;
  if (Array.isArray(object)) {
    for (let index = 0; index < object.length; index++) total += primitiveBytes(object[index]);
    return total;
  }
  const keys = Object.keys(object);
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    total += keyBytes(key) + primitiveBytes((object as Record<string, unknown>)[key]);
  }
  return total;
}

/** Written before each object, and before each buffer within one. An array with a hole also writes the index of each element. */
const headerBytes = 8;
/** Written in place of an object that occurred before. */
const referenceBytes = 6;
/** An object that is not copied, with the number or name by which the other side finds it. */
const handleBytes = 64;
/** An error's overhead: it is sent with the names of its parts. */
const errorBytes = 48;

/** Counts two bytes a character: whether V8 keeps a string with one or two can't be seen. */
const stringBytes = (text: string): number => 5 + text.length * 2;
const keyBytes = (key: string): number => 2 + key.length * 2;

function primitiveBytes(value: unknown): number {
  if (typeof value === 'string') return stringBytes(value);
  // Whole numbers of 31 bits take two to six, others nine.
  if (typeof value === 'number') return (value | 0) === value ? 8 : 10;
  return typeof value === 'bigint' ? bigintBytes(value) : 4;
}

/** Rounds up to a power of two: nothing tells a bigint's length. `asIntN` returns a bigint that fits as it is, without a copy. */
function bigintBytes(value: bigint): number {
  if (value === 0n) return 8;
  let bits = 64;
  while (BigInt.asIntN(bits, value) !== value) bits *= 2;
  return 4 + bits / 8;
}

/** Keeps a list of unmeasured objects instead of recursing, so that no depth overflows the stack. */
class ObjectSizes {
  readonly #seen = new Set<object>();
  readonly #unmeasured: object[] = [];
  #total = 0;

  readonly #visit: Visit = (value, key) => {
    if (typeof key === 'string') this.#total += keyBytes(key);
    if (typeof value === 'object' && value !== null) this.#add(value);
    else this.#total += primitiveBytes(value);
  };

  /** Adds an object that is itself an argument: a buffer then counts without its header. */
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

  /** @returns false for an object that was added before. */
  #add(value: object): boolean {
    const isView = ArrayBuffer.isView(value);
    const object = isView ? memoryOf(value) : value;
    const isFirst = object !== undefined && !this.#seen.has(object);
    if (isFirst) {
      this.#seen.add(object);
      // A shortcut for the frequent case: the kind is known already.
      if (isView && types.isArrayBuffer(object)) this.#total += headerBytes + object.byteLength;
      else this.#unmeasured.push(object);
    } else this.#total += referenceBytes;
    return isFirst;
  }
}

/** Bytes of an object without its contents. */
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
    // The program has put a getter there, and it threw.
    return 0;
  }
}

function memoryOf(view: ArrayBufferView): ArrayBufferLike | undefined {
  try {
    return view.buffer;
  } catch {
    // The program has put a getter there, and it threw.
    return undefined;
  }
}
