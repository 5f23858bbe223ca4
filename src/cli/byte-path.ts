import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { printable } from '../base/printable.ts';

/**
 * A path as the operating system stores it: bytes, not always text. Each character of the string is one byte (latin1).
 *
 * Names that are not valid UTF-8 are thus walked, hashed, printed and checked like any other, and strings compare as
 * their bytes do. The common case, ASCII, is the same string in either form and needs no conversion.
 */
export type BytePath = string;

const beyondAscii = /[\u0080-\uffff]/;

export function fromText(text: string): BytePath {
  return beyondAscii.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** Decodes UTF-8, for people and for JSON: invalid bytes become U+FFFD. */
export function toText(path: BytePath): string {
  return beyondAscii.test(path) ? Buffer.from(path, 'latin1').toString('utf8') : path;
}

/** Converts a path for `node:fs`: to a string, or to a buffer if the bytes are not UTF-8. */
export function toSystem(path: BytePath): string | Buffer {
  if (!beyondAscii.test(path)) return path;
  const bytes = Buffer.from(path, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes;
}

export function join(directory: BytePath, name: BytePath): BytePath {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

/** Escapes a path for a message, so that a file's name can neither move the cursor nor pose as a message. */
export const toPrintable = (path: BytePath): string => printable(toText(path));

/**
 * The process's own arguments as bytes. Node decodes them as UTF-8 and replaces invalid bytes by U+FFFD; on Linux the
 * original bytes are read from /proc.
 */
export function ownArguments(decoded: readonly string[]): BytePath[] {
  if (process.platform === 'linux' && decoded.some((argument) => argument.includes('\ufffd'))) {
    const all = readFileSync('/proc/self/cmdline', 'latin1').split('\0').slice(0, -1);
    return all.slice(all.length - decoded.length);
  }
  return decoded.map(fromText);
}
