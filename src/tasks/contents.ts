import { types } from 'node:util';

/** @param key what leads to the value; undefined for what lies in a Map or Set. */
export type Visit = (value: unknown, key: string | number | undefined) => void;

/**
 * Visits what structured cloning takes along with an object: the elements of an array, the entries of a Map or Set, and
 * the enumerable properties of any other. (What hangs on an array beside its elements is left out: asking for its keys
 * takes 200 times as long as reading it.)
 *
 * Never throws, and runs nobody's code but that of an array with getters for elements: other getters are not called, and
 * proxies contain nothing. What can't be looked at can't be cloned either, and sending it says so.
 */
export function eachWithin(object: object, visit: Visit): void {
  try {
    if (types.isProxy(object)) return;
    if (Array.isArray(object)) eachElement(object, visit);
    else if (isPlain(object)) eachProperty(object, visit);
    else if (types.isMap(object)) {
      Map.prototype.forEach.call(object, (value, key) => {
        visit(key, undefined);
        visit(value, undefined);
      });
    } else if (types.isSet(object)) Set.prototype.forEach.call(object, (value) => visit(value, undefined));
    // A String object has a key for each character.
    else if (!types.isBoxedPrimitive(object)) eachProperty(object, visit);
  } catch {
    // An element's getter threw.
  }
}

/** By index, which is cheapest, up to the first hole; a sparse array may have fewer elements than its length by far. */
function eachElement(array: readonly unknown[], visit: Visit): void {
  for (let index = 0; index < array.length; index++) {
    const element = array[index];
    if (element === undefined && !Object.hasOwn(array, index)) return eachElementFrom(index, array, visit);
    visit(element, index);
  }
}

function eachElementFrom(first: number, array: readonly unknown[], visit: Visit): void {
  for (const key of Object.keys(array)) {
    const index = Number(key);
    if (index >= first) visit(array[index], index);
  }
}

function eachProperty(object: object, visit: Visit): void {
  for (const key of Object.keys(object)) visit(Object.getOwnPropertyDescriptor(object, key)?.value, key);
}

function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
}
