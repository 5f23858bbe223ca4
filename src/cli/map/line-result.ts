import { TaskTimeoutError } from '../../index.ts';
import { fromText } from '../byte-path.ts';
import type { LogEntry } from './joblog.ts';

/** How a line came out. */
export interface LineResult {
  readonly line: number;
  /** What to print, bytes as characters; empty for a failure that is only reported. */
  readonly text: string;
  /** Why it failed. */
  readonly failure: { readonly reason: unknown } | undefined;
  readonly status: LogEntry['status'];
  readonly startedAt: number;
  readonly ms: number;
  /** Of the input. */
  readonly bytes: Buffer | undefined;
}

export type Settled = { readonly value: unknown } | { readonly reason: unknown };

/** What is printed for a value or an error. What JSON has no word for, like undefined, is null. */
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

/** What is thrown may be anything; all of this can be written as JSON. */
function errorOf(reason: unknown): Record<string, string> {
  if (!(reason instanceof Error)) return { name: 'Error', message: String(reason) };
  const { name, message, code } = reason as Error & { code?: unknown };
  return { name, message, ...(typeof code === 'string' && { code }) };
}
