import type { SourceEnd } from '../wire/source-messages.ts';
import { encode } from '../wire/value-codec.ts';

// A task may replace it.
const { structuredClone } = globalThis;

/** The return value of a source, or undefined in its place if that can't be cloned. */
export function returned(value: unknown): SourceEnd {
  try {
    return { value: structuredClone(encode([value])) };
  } catch {
    return { value: { values: [undefined] } };
  }
}
