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

export interface ChecksumForm {
  /** `digest  name`, `digest *name` or `TAG (name) = digest`. */
  readonly form: 'plain' | 'binary' | 'tag';
  readonly tag: string;
  /** End in NUL, and escape nothing. */
  readonly zero: boolean;
}

const plainForm: ChecksumForm = { form: 'plain', tag: '', zero: false };

/** One line, with its end. */
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

/** How `--check` names a file: escaped only if it would not fit into one line otherwise (as coreutils 9 does). */
export function formatVerdict(path: BytePath, verdict: string): string {
  return path.includes('\n') ? `\\${escape(path)}: ${verdict}\n` : `${path}: ${verdict}\n`;
}

/** Reads one line without its end: `'ignored'` for an empty one and a comment, undefined for one that is improper. */
export type ParseChecksum = (line: string) => Checksum | 'ignored' | undefined;

/**
 * A parser for the lines of one file: `digest  name`, and the two BSD forms that coreutils takes, `TAG (name) = digest`
 * and `digest name`. The last may not be mixed with the first: whether a leading blank belongs to the name would be
 * for the author of a single line to say.
 *
 * @param digits hexadecimal digits of a digest.
 * @param tag the algorithm's name, as in `SHA256`.
 */
export function checksumParser(digits: number, tag: string): ParseChecksum {
  const tagged = /^ ?\((.*)\)[ \t]*=[ \t]*([0-9a-f]+)$/is;
  const plain = new RegExp(`^([0-9a-f]{${digits}})[ \\t](.+)$`, 'is');
  let singleBlank: boolean | undefined;

  function nameAfterBlank(rest: string): string | undefined {
    // A second blank (text) or an asterisk (binary), which make no difference.
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
    const path = escaped === '' ? name : unescape(name);
    return path === undefined ? undefined : { digest: digest.toLowerCase(), path };
  };
}

function escape(path: BytePath): string {
  return path.replaceAll(/[\\\n\r]/g, (character) => escapes[character] ?? character);
}

function unescape(name: string): BytePath | undefined {
  let valid = true;
  const path = name.replaceAll(/\\(.?)/gs, (_, letter: string) => {
    const character = unescapes[letter];
    valid &&= character !== undefined;
    return character ?? '';
  });
  return valid ? path : undefined;
}
