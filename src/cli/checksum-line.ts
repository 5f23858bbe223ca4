import type { BytePath } from './byte-path.ts';

/*
 * Checksum lines as GNU coreutils' sha256sum and its siblings write and read them. A name that contains a backslash, a
 * newline or a carriage return is escaped, and its line begins with a backslash.
 */

const special = /[\\\n\r]/;
const escapes: Record<string, string> = { '\\': String.raw`\\`, '\n': String.raw`\n`, '\r': String.raw`\r` };
const unescapes: Record<string, string> = { '\\': '\\', n: '\n', r: '\r' };

export interface Checksum {
  /** Lower-case hexadecimal. */
  readonly digest: string;
  readonly path: BytePath;
}

export interface ChecksumForm {
  /** `digest  name`, `digest *name` or `TAG (name) = digest`. */
  readonly form: 'plain' | 'binary' | 'tag';
  readonly tag: string;
  /** Lines end in NUL, and names are not escaped. */
  readonly zero: boolean;
}

const plainForm: ChecksumForm = { form: 'plain', tag: '', zero: false };

/** Formats the line that is printed for a digest. */
export type DigestLine = (digest: string, path: BytePath) => string;

/** Formats one line, including its newline or NUL. */
export function formatChecksum(
  digest: string,
  path: BytePath,
  { form, tag, zero }: ChecksumForm = plainForm,
): string {
  const escaped = !zero && special.test(path);
  const name = escaped ? escape(path) : path;
  const text =
    form === 'tag' ? `${tag} (${name}) = ${digest}` : `${digest} ${form === 'binary' ? '*' : ' '}${name}`;
  return `${escaped ? '\\' : ''}${text}${zero ? '\0' : '\n'}`;
}

/** Formats a line of `--check`. Like coreutils 9, it escapes a name only if the name contains a newline. */
export function formatVerdict(path: BytePath, verdict: string): string {
  return path.includes('\n') ? `\\${escape(path)}: ${verdict}\n` : `${path}: ${verdict}\n`;
}

/** Parses a line without its end: `'ignored'` for an empty line or a comment, undefined for an improper line. */
export type ParseChecksum = (line: string) => Checksum | 'ignored' | undefined;

/**
 * Makes a parser for the lines of all lists of a run: `digest  name`, and the two BSD forms that coreutils accepts,
 * `TAG (name) = digest` and `digest name`. The first untagged line of the run decides between one blank and two: after
 * `digest  name` a line with one blank is improper; after `digest name` a second blank or an asterisk belongs to the name.
 *
 * A NUL ends a name, as for coreutils, which reads lines as C strings; in an escaped name it makes the line improper.
 *
 * @param digits number of hexadecimal digits of a digest.
 * @param tag the algorithm's name, as in `SHA256`.
 */
export function checksumParser(digits: number, tag: string): ParseChecksum {
  const tagged = /^ ?\((.*)\)[ \t]*=[ \t]*([0-9a-f]+)(?:\0.*)?$/is;
  const plain = new RegExp(`^([0-9a-f]{${digits}})[ \\t](.+)$`, 'is');
  let singleBlank: boolean | undefined;

  function nameAfterBlank(rest: string): string | undefined {
    // A second blank marks text, an asterisk binary; both are read alike.
    const marked = rest.length > 1 && /^[ *]/.test(rest);
    if (!marked && singleBlank === false) return undefined;
    singleBlank ??= !marked;
    return singleBlank ? rest : rest.slice(1);
  }

  function parts(body: string): readonly [digest: string | undefined, name: string | undefined] {
    if (body.startsWith(tag)) {
      const [, name, digest] = tagged.exec(body.slice(tag.length)) ?? [];
      return [digest?.length === digits ? digest : undefined, name];
    }
    const [, digest, rest] = plain.exec(body) ?? [];
    return [digest, rest === undefined ? undefined : nameAfterBlank(rest)];
  }

  return (line) => {
    if (line.startsWith('#')) return 'ignored';
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text === '') return 'ignored';
    const [, escaped = '', body = ''] = /^[ \t]*(\\?)(.*)$/s.exec(text) ?? [];
    const [digest, name] = parts(body);
    if (digest === undefined || name === undefined) return undefined;
    const path = escaped === '' ? name.replace(/\0.*$/s, '') : unescape(name);
    return path === undefined ? undefined : { digest: digest.toLowerCase(), path };
  };
}

function escape(path: BytePath): string {
  return path.replaceAll(/[\\\n\r]/g, (character) => escapes[character] ?? character);
}

function unescape(name: string): BytePath | undefined {
  let valid = !name.includes('\0');
  const path = name.replaceAll(/\\(.?)/gs, (_, letter: string) => {
    const character = unescapes[letter];
    valid &&= character !== undefined;
    return character ?? '';
  });
  return valid ? path : undefined;
}
