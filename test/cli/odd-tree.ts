import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * A tree whose names hold all that is hard to print, and a shell in which `millrace hash` and its judges meet it.
 */

const main = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Bytes as characters, so that some are no UTF-8. */
export const oddNames: readonly string[] = [
  'plain',
  'new\nline',
  'back\\slash',
  'carriage\rreturn',
  'back\\slash and\nnewline',
  'ends in newline\n',
  '\nbegins with one',
  'ünicode',
  ' leading blank',
  'trailing blank ',
  '*asterisk',
  '#comment',
  '\\backslash first',
  '(parentheses) = 1',
  'tab\there',
  '-dash',
  'bad\xff',
  '\xfe\n\xff',
  'e\u0301',
  "quote'd",
];

/** A folder with `tree`: each name twice, once in a folder with a newline; an empty folder; links, one of them to nothing. */
export function makeOddTree(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-gnu-'));
  mkdirSync(join(folder, 'tree', 'below\nhere'), { recursive: true });
  mkdirSync(join(folder, 'tree', 'empty'));
  for (const name of oddNames) {
    for (const where of ['tree', 'tree/below\nhere']) {
      writeFileSync(Buffer.from(`${folder}/${where}/${name}`, 'latin1'), name);
    }
  }
  symlinkSync('plain', join(folder, 'tree', 'link'));
  symlinkSync('nowhere', join(folder, 'tree', 'dangling'));
  symlinkSync('loop', join(folder, 'tree', 'loop'));
  return folder;
}

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** The program under test. */
export const ours = (options = ''): string => `${process.execPath} ${main} hash ${options}`;

/**
 * Runs a line of bash in a folder, with $sum as the program under test or its judge. Of messages, the name of the program, case,
 * quotation marks and the form of escapes are left out.
 */
export function shell(folder: string, script: string, sum: string, input = ''): Printed {
  const env = { ...process.env, sum, LC_ALL: 'C.UTF-8' };
  const options = { cwd: folder, env, input, encoding: 'latin1', maxBuffer: 64 << 20 } as const;
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script], options);
  const own = /^(?:millrace|\w+sum): /gm;
  // A quote within quotes ends them, escapes itself and begins them again: it goes as all others do.
  const told = stderr.replaceAll(own, 'sum: ').replaceAll("'\\''", '').replaceAll(/['"]/g, '').toLowerCase();
  return { stdout, stderr: told.replaceAll(escape, (_, ...found: string[]) => character(found)), status };
}

/** `\x1b` of ours, `$'\033'` and `$'\t'` of coreutils, and what ours shows of bytes that are no UTF-8 (U+FFFD). */
const escape = /\$?\\x([0-9a-f]{2})|\$?\\([0-7]{3})|\$?\\([tnr])|\u00ef\u00bf\u00bd/g;

function character([hex, octal, letter]: readonly (string | undefined)[]): string {
  const code =
    hex !== undefined ? Number.parseInt(hex, 16) : octal !== undefined ? Number.parseInt(octal, 8) : 0;
  if (letter !== undefined) return { t: '<9>', n: '<a>', r: '<d>' }[letter] ?? '';
  return code === 0 || code > 127 ? '<?>' : `<${code.toString(16)}>`;
}
