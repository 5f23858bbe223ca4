/**
 * About how many bytes a value's structured clone takes: exact for buffers and typed arrays, two bytes a character for
 * strings, 8 for other primitives, 16 for each object, array, Map or Set and 8 for each of its entries. What can't be
 * cloned counts nothing here: sending it fails, with a better message.
 */
export function payloadBytes(values: readonly unknown[]): number {
  let total = 0;
  try {
    for (const value of values) total += sizeOf(value, null);
  } catch {
    // A revoked proxy, or nested too deeply.
  }
  return total;
}

function sizeOf(value: unknown, seen: Set<object> | null): number {
  if (typeof value === 'string') return value.length * 2;
  if (typeof value !== 'object' || value === null) return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (value instanceof ArrayBuffer) return value.byteLength;
  return sizeOfContainer(value, seen ?? new Set());
}

/** `seen` counts a shared object once, as cloning does, and ends cycles. */
function sizeOfContainer(value: object, seen: Set<object>): number {
  if (seen.has(value)) return 8;
  seen.add(value);
  let total = 16;
  if (Array.isArray(value)) {
    for (const element of value) total += 8 + sizeOf(element, seen);
  } else if (value instanceof Map) {
    for (const [key, entry] of value) total += 8 + sizeOf(key, seen) + sizeOf(entry, seen);
  } else if (value instanceof Set) {
    for (const element of value) total += 8 + sizeOf(element, seen);
  } else if (!(value instanceof SharedArrayBuffer)) {
    // Descriptors, not values: looking must not run a getter, which cloning will do once anyway.
    for (const { value: property } of Object.values(Object.getOwnPropertyDescriptors(value))) {
      total += 8 + sizeOf(property, seen);
    }
  }
  return total;
}
