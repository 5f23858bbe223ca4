import { isUtf8 } from 'node:buffer';
import type { BytePath } from './byte-path.ts';
import { openInput } from './input.ts';
import { readLines } from './lines.ts';

/** A line that is not empty, and not parsed yet. */
export interface NumberedLine {
  /** Line number, from 1. */
  readonly line: number;
  /** The bytes of the line; undefined if it is too long. */
  readonly bytes: Buffer | undefined;
}

/**
 * The lines of a file (or of standard input), numbered; empty ones are counted and left out.
 *
 * @throws the platform's error if the file can't be read.
 */
export async function* numberedLines(input: BytePath | undefined): AsyncGenerator<NumberedLine, undefined> {
  let line = 0;
  for await (const bytes of readLines(openInput(input))) {
    line++;
    if (bytes === undefined || !isBlank(bytes)) yield { line, bytes };
  }
}

/** Parses a line of JSON. @throws {Error} that says what is wrong with it. */
export function valueOf({ bytes }: NumberedLine): unknown {
  if (bytes === undefined) throw new RangeError('is too long');
  if (!isUtf8(bytes)) throw new TypeError('is not UTF-8');
  // Without the white space around it, a byte order mark included.
  return JSON.parse(bytes.toString('utf8').trim());
}

const isBlank = (bytes: Buffer): boolean => bytes.length < 64 && bytes.toString('utf8').trim() === '';
