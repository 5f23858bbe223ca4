import { show } from '../../base/options.ts';
import { isError } from '../../tasks/contents.ts';
import { attempt, describeError } from './error-record.ts';
import { noExtras, Transcript } from './transcript.ts';
import { checked, decode } from './value-codec.ts';
import type { Encoded } from './value-codec.ts';

/** What a task threw, or why it is cancelled. */
export type EncodedReason = Encoded;

/**
 * Encodes a reason as any other value, but describes the parts that can't be cloned instead of failing: a failure must not turn
 * into another one. The result is a snapshot: objects that the error refers to may change before it is sent. Never throws.
 */
export function encodeReason(reason: unknown): EncodedReason {
  const copy = new Transcript();
  const values: unknown[] = [];
  try {
    copy.putWhatCan(values, 0, reason);
    copy.finish();
    const encoded = checked({ values, extras: copy.extras });
    return copy.sharesObjects ? structuredClone(encoded) : encoded;
  } catch {
    return bare(reason);
  }
}

/** The reason without its own properties. */
function bare(reason: unknown): EncodedReason {
  if (!attempt(() => isError(reason), false)) return { values: [show(reason)] };
  const error = describeError(reason as Error);
  const values = [null];
  return { values, extras: { ...noExtras(), errors: [error], slots: [[values, 0, error]] } };
}

export const decodeReason = (encoded: EncodedReason): unknown => decode(encoded)[0];
