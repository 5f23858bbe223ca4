import type { Transferable as NodeTransferable } from 'node:worker_threads';

/** Marks a result whose buffers move. A registered symbol, so that two copies of the package understand each other. */
const transfers: unique symbol = Symbol.for('millrace.transfers') as never;

/** A result on its way to the main thread, with the objects that move instead of being copied. */
interface TransferableResult<T> {
  readonly value: T;
  readonly [transfers]: readonly NodeTransferable[];
}

/**
 * Wraps the result of a task function: `value` becomes the result, and each object of `buffers` moves to the main thread instead of
 * being copied. The worker loses the buffers (they are detached); the caller owns them.
 *
 * The declared type is `T` itself, so that the caller's `Task<T>` has the type of the value.
 *
 * @param buffers `ArrayBuffer`s, `MessagePort`s and other transferable objects that occur in `value`.
 */
export function transferable<T>(value: T, buffers: readonly NodeTransferable[]): T {
  return { value, [transfers]: buffers } satisfies TransferableResult<T> as T;
}

/** The buffers of a `transferable()` result; undefined for any other value. */
export function transfersOf(value: unknown): readonly NodeTransferable[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Partial<TransferableResult<unknown>>)[transfers];
}
