import { InvalidOptionError } from '../base/errors.ts';
import { show } from '../base/options.ts';
import { staysInThread } from '../base/stays.ts';
import type { Transferable as NodeTransferable } from 'node:worker_threads';

/** Marks a result whose buffers move. A registered symbol, so that two copies of the package understand each other. */
const transfers: unique symbol = Symbol.for('millrace.transfers') as never;

/** A result on its way to the main thread, with the objects that move instead of being copied. Anywhere else it can't be cloned. */
class TransferableResult<T> {
  readonly value: T;
  readonly [transfers]: readonly NodeTransferable[];

  static {
    staysInThread(this);
  }

  constructor(value: T, buffers: readonly NodeTransferable[]) {
    this.value = value;
    this[transfers] = buffers;
  }
}

/**
 * Wraps the result of a task function: `value` becomes the result, and each object of `buffers` moves to the main thread instead of
 * being copied. The worker loses the buffers (they are detached); the caller owns them.
 *
 * The declared type is `T` itself, so that the caller's `Task<T>` has the type of the value.
 *
 * Only a task's whole result, or a whole item, may be one: within another value, or as an argument, it is a `DataCloneError`. For
 * arguments there is the option `transfer`.
 *
 * @param buffers `ArrayBuffer`s, `MessagePort`s and other transferable objects that occur in `value`.
 * @throws {InvalidOptionError} if `buffers` is not an array.
 */
export function transferable<T>(value: T, buffers: readonly NodeTransferable[]): T {
  if (!Array.isArray(buffers)) {
    const message = `buffers must be an array of transferable objects, not ${show(buffers)}`;
    throw new InvalidOptionError('buffers', buffers, message);
  }
  return new TransferableResult<unknown>(value, buffers) as T;
}

/** The buffers of a `transferable()` result; undefined for any other value. */
export function transfersOf(value: unknown): readonly NodeTransferable[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Partial<TransferableResult<unknown>>)[transfers];
}
