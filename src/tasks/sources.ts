const { asyncIterator } = Symbol;

/**
 * The positions of the arguments that a task reads item by item: async iterables that are not transferred. Null if there are none,
 * which is the usual case.
 */
export function sourcePositions(
  args: readonly unknown[],
  transfer: readonly unknown[] | undefined,
): readonly number[] | null {
  let positions: number[] | null = null;
  for (let position = 0; position < args.length; position++) {
    const value = args[position];
    if (typeof value !== 'object' || value === null || !isAsyncIterable(value)) continue;
    if (transfer?.includes(value) !== true) (positions ??= []).push(position);
  }
  return positions;
}

/** Is the object async iterable, other than through `Object.prototype`, which a task may have changed? Never throws. */
export function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  try {
    return asyncIterator in value && !(asyncIterator in Object.prototype);
  } catch {
    // A proxy threw, perhaps a revoked one: sending it fails with a better message.
    return false;
  }
}
