import { inspect, types } from 'node:util';
import { isPlatformObject } from './platform-object.ts';

/**
 * How an object crosses between threads, and with which contents: an `array`, `map` or `set` with its elements; an `object`, also of
 * a user's class, with its enumerable properties; an `error` as the error codec sends it. A `leaf` (a date, a buffer, a proxy) and
 * an object of a `platform` class, or of one whose instances stay in their thread, are not searched.
 */
export type Kind = 'array' | 'object' | 'map' | 'set' | 'error' | 'leaf' | 'platform';

/** The kind of an object. Never throws. */
export function kindOf(object: object): Kind {
  if (types.isProxy(object)) return 'leaf';
  if (Array.isArray(object)) return 'array';
  try {
    const prototype: unknown = Object.getPrototypeOf(object);
    if (prototype === Object.prototype) return 'object';
    return kindByBrand(object);
  } catch {
    // The prototype is a proxy that throws.
    return 'leaf';
  }
}

function kindByBrand(object: object): Kind {
  if (ArrayBuffer.isView(object)) return 'leaf';
  if (types.isMap(object)) return 'map';
  if (types.isSet(object)) return 'set';
  if (isError(object)) return 'error';
  if (types.isDate(object) || types.isRegExp(object) || types.isAnyArrayBuffer(object)) return 'leaf';
  // A String object has a key for each character.
  if (types.isBoxedPrimitive(object)) return 'leaf';
  return isPlatformObject(object) ? 'platform' : 'object';
}

/** Is the value an error, also one of another realm or an object that only inherits from `Error`? */
export const isError = (value: unknown): value is Error =>
  types.isNativeError(value) || value instanceof Error;

/**
 * @param key the property or index of the value; undefined within a Map or Set.
 * @param isGetter true if the value is unknown, because its getter was not called.
 */
export type Visit = (value: unknown, key: string | number | undefined, isGetter: boolean) => void;

/**
 * Visits the values that cross along with an object, in the order in which cloning visits them.
 *
 * It calls the getters of array elements, and no other user code.
 *
 * @throws what such a getter throws.
 */
export function eachWithin(object: object, kind: Kind, visit: Visit): void {
  if (kind === 'array') eachElement(object as unknown[], visit);
  else if (kind === 'object') eachProperty(object, Object.keys(object), visit);
  else if (kind === 'map') {
    Map.prototype.forEach.call(object, (value, key) => {
      visit(key, undefined, false);
      visit(value, undefined, false);
    });
  } else if (kind === 'set') Set.prototype.forEach.call(object, (value) => visit(value, undefined, false));
  else if (kind === 'error') {
    for (const key of ownKeysOf(object as Error)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key);
      if (descriptor !== undefined && 'value' in descriptor) visit(descriptor.value, key, false);
    }
  }
}

/** The names of an error's own properties besides `name`, `message` and `stack`. */
export function ownKeysOf(error: Error): string[] {
  return Object.getOwnPropertyNames(error).filter((key) => !described.has(key));
}

const described = new Set(['name', 'message', 'stack']);

/** Holes that `eachElement` steps over one by one. In an array with more holes it lists the keys instead. */
const maxHoles = 1000;

/** Visits elements by index, which is cheapest, until too many holes show that the array is sparse. */
function eachElement(array: readonly unknown[], visit: Visit): void {
  let holes = 0;
  let index = 0;
  for (; index < array.length && holes < maxHoles; index++) {
    const element = array[index];
    if (element === undefined && !Object.hasOwn(array, index)) holes++;
    else visit(element, index, false);
  }
  const isSparse = index < array.length;
  if (!isSparse && !hasNamedProperties(array, index - holes)) return;
  const named: string[] = [];
  for (const key of Object.keys(array)) {
    const at = Number(key);
    if (!isIndex(key)) named.push(key);
    else if (at >= index) visit(array[at], at, false);
  }
  eachProperty(array, named, visit);
}

const isIndex = (key: string): boolean => /^\d+$/.test(key) && Number(key) < 2 ** 32 - 1;

/** Up to this many elements, listing all keys is cheaper than `inspect`, which skips the keys of elements. */
const fewElements = 24;
const inspectNames = { maxArrayLength: 0, depth: 0, customInspect: false };

/** Does the array have properties besides its elements, as a result of `RegExp.exec` has? */
function hasNamedProperties(array: readonly unknown[], elements: number): boolean {
  const { length } = array;
  if (length <= fewElements) return Object.keys(array).length > elements;
  return inspect(array, inspectNames) !== `[ ... ${length} more items ]`;
}

function eachProperty(object: object, keys: readonly string[], visit: Visit): void {
  for (const key of keys) {
    const descriptor = Object.getOwnPropertyDescriptor(object, key);
    if (descriptor === undefined) continue;
    visit(descriptor.value, key, descriptor.get !== undefined);
  }
}
