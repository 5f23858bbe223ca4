import { inspect, types } from 'node:util';
import { isPlatformObject } from './platform-object.ts';

/**
 * How an object crosses between threads, and so what of it does: `array`, `map` and `set` with what is in them, an `object` (also
 * of a class of the user's) with its enumerable properties, an `error` as the codec of errors sends it. Nothing is looked for in a
 * `leaf` (a date, a buffer, a proxy) and in an object of a class of the platform.
 */
export type Kind = 'array' | 'object' | 'map' | 'set' | 'error' | 'leaf' | 'platform';

/** Never throws. */
export function kindOf(object: object): Kind {
  if (types.isProxy(object)) return 'leaf';
  if (Array.isArray(object)) return 'array';
  try {
    const prototype: unknown = Object.getPrototypeOf(object);
    if (prototype === Object.prototype || prototype === null) return 'object';
    return kindByBrand(object);
  } catch {
    // A proxy is its prototype.
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

/** Also one of another realm, and what only inherits from `Error`. */
export const isError = (value: unknown): value is Error =>
  types.isNativeError(value) || value instanceof Error;

/**
 * @param key what leads to the value; undefined for what lies in a Map or Set.
 * @param isGetter the value is not known: its getter was not called.
 */
export type Visit = (value: unknown, key: string | number | undefined, isGetter: boolean) => void;

/**
 * Visits what crosses along with an object, in the order in which cloning does it.
 *
 * Runs nobody's code but that of an array with getters for elements; other getters are not called.
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

/** What hangs on an error beside its name, message and stack. */
export function ownKeysOf(error: Error): string[] {
  return Object.getOwnPropertyNames(error).filter((key) => !described.has(key));
}

const described = new Set(['name', 'message', 'stack']);

/** Holes that are stepped over one by one; in an array with more of them its keys are asked for. */
const maxHoles = 1000;

/** By index, which is cheapest. A sparse array may have fewer elements than its length by far. */
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

/** Up to so many elements, asking for all keys is cheaper than `inspect`, which doesn't ask for those of the elements. */
const fewElements = 24;
const inspectNames = { maxArrayLength: 0, depth: 0, customInspect: false };

/** Does anything hang on the array beside its elements, as on what `RegExp.exec` returns? */
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
