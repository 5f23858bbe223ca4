import type { ValueRef } from '../redis/large-values.ts';

/** The data of a batch in BullMQ. Dashboards show `sum`; they can't read arguments. */
export interface BatchData {
  /** The producer. */
  readonly p: string;
  /** Version of the protocol. */
  readonly v: 1;
  /** Seal, base64. */
  readonly s: string;
  readonly sum: { readonly tasks: number; readonly functions: readonly string[] };
  /** The calls, base64; or where they lie. */
  readonly b?: string;
  readonly ref?: ValueRef;
}

/** Checks the shape: anyone who can write to Redis may have written the data. */
export function readBatchData(data: unknown): BatchData | undefined {
  const { p, v, s, b, ref } = (data ?? {}) as Partial<BatchData>;
  const isWhole =
    typeof b === 'string' ||
    (typeof ref?.id === 'string' && Number.isSafeInteger(ref.bytes) && ref.bytes >= 0 && ref.bytes < 2 ** 32);
  const isFit = typeof p === 'string' && /^[\w-]+$/.test(p) && v === 1 && typeof s === 'string';
  return isFit && isWhole ? (data as BatchData) : undefined;
}
