import { TaskTimeoutError } from '../../index.ts';
import { fromText } from '../byte-path.ts';
import type { LogEntry } from './joblog.ts';

/** The result of a line. */
export interface LineResult {
  readonly line: number;
  /** The text to print, one byte per character (latin1); empty for a failure without `--outcomes`. */
  readonly text: string;
  /** Values that a generator yields, each printed as a line; undefined for an ordinary function and for a failure. */
  readonly items: AsyncIterable<unknown> | undefined;
  /** Why the line failed; undefined if it succeeded. */
  readonly failure: { readonly reason: unknown } | undefined;
  readonly status: LogEntry['status'];
  /** Of the last call: its start in milliseconds since 1970, and its duration in milliseconds. */
  readonly startedAt: number;
  readonly ms: number;
  /** The line of the input; undefined if it is too long. */
  readonly bytes: Buffer | undefined;
}

/** The values of a generator, which may still be running. */
export interface Yielded {
  readonly items: AsyncIterable<unknown>;
}

export type Settled = { readonly value: unknown } | { readonly reason: unknown };

/** Formats what is printed for a value or an error. A value without a JSON form, such as undefined, is printed as null. */
export function printed(
  line: number,
  settled: Settled,
  outcomes: boolean,
): Pick<LineResult, 'text' | 'failure' | 'status'> {
  try {
    if ('value' in settled) {
      const { value } = settled;
      const shown = outcomes ? { line, status: 'fulfilled', value: value ?? null } : value;
      return { text: jsonLine(shown), failure: undefined, status: 'ok' };
    }
  } catch (reason) {
    return printed(line, { reason }, outcomes);
  }
  const { reason } = settled;
  const text = outcomes ? jsonLine({ line, status: 'rejected', error: errorOf(reason) }) : '';
  return { text, failure: settled, status: reason instanceof TaskTimeoutError ? 'timed out' : 'failed' };
}

const jsonLine = (value: unknown): string => fromText(`${JSON.stringify(value) ?? 'null'}\n`);

/** Describes a thrown value, which may be anything, in strings that JSON can hold. */
function errorOf(reason: unknown): Record<string, string> {
  if (!(reason instanceof Error)) return { name: 'Error', message: String(reason) };
  const { name, message, code } = reason as Error & { code?: unknown };
  return { name, message, ...(typeof code === 'string' && { code }) };
}
