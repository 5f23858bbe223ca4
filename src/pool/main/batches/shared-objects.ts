import { types } from 'node:util';
import { eachWithin, kindOf } from '../../../tasks/contents.ts';

/**
 * Do these values refer to an object in `seen`? Adds every object that they refer to.
 *
 * Cloning keeps identities within one message: without this check, two tasks of a batch that have the same object as an argument
 * would share it in the thread, and see each other's changes. Shared memory is shared on purpose.
 */
export function overlaps(values: readonly unknown[], seen: Set<object>): boolean {
  const own = new Set<object>();
  const add = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (ArrayBuffer.isView(value)) own.add(value.buffer);
    else if (!types.isSharedArrayBuffer(value)) own.add(value);
  };
  for (const value of values) add(value);
  // The Set grows while the loop reads it: each object is visited once.
  for (const object of own) eachWithin(object, kindOf(object), add);
  let found = false;
  for (const object of own) {
    if (seen.has(object)) found = true;
    else seen.add(object);
  }
  return found;
}
