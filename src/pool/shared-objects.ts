/**
 * Does anything that these values refer to stand in `seen`? Adds everything that they refer to.
 *
 * Cloning keeps identities within one message: without a look at this, two tasks of a batch that were given the same object
 * would share it in the thread, and each would see what the other one does to it. Shared memory is shared on purpose.
 */
export function overlaps(values: readonly unknown[], seen: Set<object>): boolean {
  const own = new Set<object>();
  try {
    for (const value of values) visit(value, own);
  } catch {
    // A revoked proxy, or nested too deeply: it can't be cloned either, and cloning it says so.
  }
  let found = false;
  for (const object of own) {
    if (seen.has(object)) found = true;
    else seen.add(object);
  }
  return found;
}

/** A longer array that travels with others must be sparse: by its bytes it would travel alone. */
const maxDense = 2 ** 16;

function visit(value: unknown, own: Set<object>): void {
  if (typeof value !== 'object' || value === null || own.has(value)) return;
  if (ArrayBuffer.isView(value)) return visit(value.buffer, own);
  if (value instanceof SharedArrayBuffer) return undefined;
  own.add(value);
  if (value instanceof ArrayBuffer) return undefined;
  if (value instanceof Map) {
    for (const [key, entry] of value) {
      visit(key, own);
      visit(entry, own);
    }
  } else if (value instanceof Set) for (const element of value) visit(element, own);
  else if (Array.isArray(value) && value.length <= maxDense) for (const element of value) visit(element, own);
  // Descriptors, not values: looking must not run a getter.
  else for (const key of Object.keys(value)) visit(Object.getOwnPropertyDescriptor(value, key)?.value, own);
  return undefined;
}
