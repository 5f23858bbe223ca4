import { isUtf8 } from 'node:buffer';
import type { BytePath } from './byte-path.ts';
import { openInput } from './input.ts';
import { readLines } from './lines.ts';

export interface JsonLine {
  /** From 1, as editors count. */
  readonly line: number;
  readonly value: unknown;
  /** Characters of its text. */
  readonly length: number;
}

/**
 * The values of a file of JSON lines (or of standard input); empty lines are left out. What is wrong with a line goes to
 * `report`, and is waited for.
 *
 * @throws the platform's error if the file can't be read.
 */
export async function* readJsonLines(
  input: BytePath | undefined,
  report: (line: number, reason: unknown) => Promise<void> | undefined,
): AsyncGenerator<JsonLine, undefined> {
  let line = 0;
  for await (const bytes of readLines(openInput(input))) {
    line++;
    try {
      const text = textOf(bytes);
      if (text === '') continue;
      yield { line, value: JSON.parse(text), length: text.length };
    } catch (error) {
      await report(line, error);
    }
  }
}

/** Without the white space around it, a byte order mark included. */
function textOf(line: Buffer | undefined): string {
  if (line === undefined) throw new RangeError('is too long');
  if (!isUtf8(line)) throw new TypeError('is not UTF-8');
  return line.toString('utf8').trim();
}
