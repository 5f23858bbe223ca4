import { types } from 'node:util';
import { eachWithin, kindOf } from '../../tasks/contents.ts';

/**
 * Does anything that these values refer to stand in `seen`? Adds everything that they refer to.
 *
 * Cloning keeps identities within one message: without a look at this, two tasks of a batch that were given the same object
 * would share it in the thread, and each would see what the other one does to it. Shared memory is shared on purpose.
 */
export function overlaps(values: readonly unknown[], seen: Set<object>): boolean {
  const own = new Set<object>();
  const add = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (ArrayBuffer.isView(value)) own.add(value.buffer);
    else if (!types.isSharedArrayBuffer(value)) own.add(value);
  };
  for (const value of values) add(value);
  // A Set that grows while it is read: each object is looked into once.
  for (const object of own) eachWithin(object, kindOf(object), add);
  let found = false;
  for (const object of own) {
    if (seen.has(object)) found = true;
    else seen.add(object);
  }
  return found;
}
