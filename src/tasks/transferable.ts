import type { Transferable as NodeTransferable } from 'node:worker_threads';

/** Marks a result whose buffers move; registered, so that two copies of the package understand each other. */
const transfers: unique symbol = Symbol.for('millrace.transfers') as never;

/** A result on its way to the main thread, with what is to move instead of being copied. */
interface TransferableResult<T> {
  readonly value: T;
  readonly [transfers]: readonly NodeTransferable[];
}

/**
 * Returned by a task function: `value` is its result, and each of `buffers` moves to the main thread instead of
 * being copied. The buffers are detached in the worker.
 *
 * The declared type is `T` itself, so that the caller's `Task<T>` has the type of the value.
 */
export function transferable<T>(value: T, buffers: readonly NodeTransferable[]): T {
  return { value, [transfers]: buffers } satisfies TransferableResult<T> as T;
}

/** The buffers of a `transferable()` result; undefined for any other value. */
export function transfersOf(value: unknown): readonly NodeTransferable[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Partial<TransferableResult<unknown>>)[transfers];
}
