import type { Path } from './walk.ts';

/**
 * A line of GNU coreutils' checksum files: digest, two spaces, path. A name with a backslash, a newline or a carriage
 * return is escaped, and the line begins with a backslash to say so.
 */
export function formatLine(digest: string, path: Path): string | Buffer {
  if (typeof path !== 'string') {
    // latin1 maps each byte to a character and back.
    return Buffer.from(lineOf(digest, path.toString('latin1')), 'latin1');
  }
  return lineOf(digest, path);
}

function lineOf(digest: string, path: string): string {
  if (!/[\\\n\r]/.test(path)) return `${digest}  ${path}\n`;
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `\\${digest}  ${escaped}\n`;
}

export interface ChecksumLine {
  readonly digest: string;
  readonly path: Path;
}

/** Reads such a line, given as its bytes in latin1; undefined if it is none. */
export function parseLine(line: string): ChecksumLine | undefined {
  const found = /^(\\?)([0-9a-fA-F]{8,}) [ *](.+)$/s.exec(line);
  if (found === null) return undefined;
  const [, escaped, digest = '', written = ''] = found;
  const name =
    escaped === '' ? written : written.replace(/\\([\\nr])/g, (_, letter: string) => plain[letter] ?? '');
  const bytes = Buffer.from(name, 'latin1');
  const text = bytes.toString();
  return { digest: digest.toLowerCase(), path: Buffer.from(text).equals(bytes) ? text : bytes };
}

const plain: Record<string, string> = { '\\': '\\', n: '\n', r: '\r' };
