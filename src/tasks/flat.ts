import { types } from 'node:util';

/** Elements or properties. For a larger object the general way is not noticeably slower. */
const maxParts = 24;

/**
 * Is the object a small array or plain object of primitives only? Most arguments and results are. Cloning changes nothing in such
 * an object, so it is not searched as other values are. It calls the getters of array elements, and no other user code.
 */
export function isFlat(object: object): boolean {
  if (types.isProxy(object)) return false;
  if (Array.isArray(object)) return isFlatArray(object);
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const keys = Object.keys(object);
  // An object without keys may be a namespace such as `Math`.
  if (keys.length === 0 || keys.length > maxParts) return false;
  for (let index = 0; index < keys.length; index++) {
    const descriptor = Object.getOwnPropertyDescriptor(object, keys[index] as string);
    if (descriptor === undefined || descriptor.get !== undefined || !isPrimitive(descriptor.value))
      return false;
  }
  return true;
}

/** An array without holes, and without properties besides its elements. */
function isFlatArray(array: readonly unknown[]): boolean {
  const { length } = array;
  if (length > maxParts) return false;
  for (let index = 0; index < length; index++) {
    const element = array[index];
    if (element === undefined || !isPrimitive(element)) return false;
  }
  return Object.keys(array).length === length;
}

const isPrimitive = (value: unknown): boolean =>
  value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol');
