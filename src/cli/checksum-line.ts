import type { BytePath } from './byte-path.ts';

/*
 * Lines of GNU coreutils' sha256sum and its sisters. A name with a backslash, a newline or a carriage return is
 * escaped, and its line begins with a backslash.
 */

const special = /[\\\n\r]/;
const escapes: Record<string, string> = { '\\': String.raw`\\`, '\n': String.raw`\n`, '\r': String.raw`\r` };
const unescapes: Record<string, string> = { '\\': '\\', n: '\n', r: '\r' };

export interface Checksum {
  /** Lower-case hexadecimal. */
  readonly digest: string;
  readonly path: BytePath;
}

/** One line, with its end. */
export function formatChecksum(digest: string, path: BytePath): string {
  return special.test(path) ? `\\${digest}  ${escape(path)}\n` : `${digest}  ${path}\n`;
}

/** How `--check` names a file: escaped only if it would not fit into one line otherwise (as coreutils 9 does). */
export function formatChecked(path: BytePath, verdict: string): string {
  return path.includes('\n') ? `\\${escape(path)}: ${verdict}\n` : `${path}: ${verdict}\n`;
}

/**
 * Reads one line without its end.
 *
 * @param digits hexadecimal digits of a digest.
 * @returns `'ignored'` for an empty line and a comment, undefined for one that is not properly formatted.
 */
export function parseChecksum(line: string, digits: number): Checksum | 'ignored' | undefined {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (text === '' || text.startsWith('#')) return 'ignored';
  const start = text.search(/[^ \t]/);
  const escaped = text[start] === '\\';
  const digestStart = escaped ? start + 1 : start;
  const nameStart = digestStart + digits;
  const digest = text.slice(digestStart, nameStart);
  if (digest.length < digits || !/^[0-9a-f]+$/i.test(digest)) return undefined;
  // A blank, and then a blank (text) or an asterisk (binary), which make no difference.
  const mark = /^[ \t][ *]?/.exec(text.slice(nameStart, nameStart + 2))?.[0];
  if (mark === undefined) return undefined;
  const name = text.slice(nameStart + mark.length);
  const path = escaped ? unescape(name) : name;
  return path === undefined || path === '' ? undefined : { digest: digest.toLowerCase(), path };
}

function escape(path: BytePath): string {
  return path.replaceAll(/[\\\n\r]/g, (character) => escapes[character] ?? character);
}

function unescape(name: string): BytePath | undefined {
  let valid = true;
  const path = name.replaceAll(/\\(.?)/g, (_, letter: string) => {
    const character = unescapes[letter];
    valid &&= character !== undefined;
    return character ?? '';
  });
  return valid ? path : undefined;
}
