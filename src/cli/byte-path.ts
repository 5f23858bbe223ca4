import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { printable } from './printable.ts';

/**
 * A path as the system has it, which is bytes and not always text: each character of the string is one byte (latin1).
 *
 * So names that are no valid UTF-8 are walked, hashed, printed and checked like any other, two such strings compare
 * like the bytes do, and the common case, ASCII, is the same string in either form and costs nothing.
 */
export type BytePath = string;

const beyondAscii = /[\u0080-\uffff]/;

export function fromText(text: string): BytePath {
  return beyondAscii.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** For people, and for JSON: bytes that are no UTF-8 become U+FFFD. */
export function toText(path: BytePath): string {
  return beyondAscii.test(path) ? Buffer.from(path, 'latin1').toString('utf8') : path;
}

/** For `node:fs`: bytes only if they are no UTF-8. */
export function toSystem(path: BytePath): string | Buffer {
  if (!beyondAscii.test(path)) return path;
  const bytes = Buffer.from(path, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes;
}

export function join(directory: BytePath, name: BytePath): BytePath {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

/** In a message: a file's name must be able neither to move the cursor nor to look like a message. */
export const toPrintable = (path: BytePath): string => printable(toText(path));

/**
 * The process's own arguments as bytes. Node decodes them as UTF-8, and what is not comes out as U+FFFD; Linux still
 * has the original.
 */
export function ownArguments(decoded: readonly string[]): BytePath[] {
  if (process.platform === 'linux' && decoded.some((argument) => argument.includes('\ufffd'))) {
    const all = readFileSync('/proc/self/cmdline', 'latin1').split('\0').slice(0, -1);
    return all.slice(all.length - decoded.length);
  }
  return decoded.map(fromText);
}
