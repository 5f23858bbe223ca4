import { getHashes } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { OutputFormat } from '../tasks/index.ts';

/** Told with a hint at --help; exit code 2. */
export class UsageError extends Error {}

const commands = ['hash', 'resize', 'map'] as const;
export type Command = (typeof commands)[number];

export interface Arguments {
  readonly command: Command;
  readonly help: boolean;
  readonly paths: readonly string[];
  readonly workers: number | undefined;
  readonly algorithm: string;
  readonly check: string | undefined;
  readonly json: boolean;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly quality: number | undefined;
  readonly format: OutputFormat | undefined;
  readonly out: string;
  readonly input: string | undefined;
  readonly ordered: boolean;
}

const usage: Record<Command, string> = {
  hash: `millrace hash PATH… [--algorithm sha256] [--check FILE] [--json]

  Prints a digest for each file, as sha256sum does. A directory is walked in a stable order (by the bytes of the names);
  in a walk symbolic links and special files are left out, as 'find -type f' does.

  --algorithm NAME   any of node:crypto's hash algorithms; default sha256
  --check FILE       verify the digests listed in FILE ('-' for standard input); exit code 1 on a mismatch
  --json             one JSON object per line: path, algorithm, digest
`,
  resize: `millrace resize PATH… --width W [--height H] [--format webp] [--quality Q] --out DIR

  Resizes images. The shape of a directory's tree is kept below DIR; a source is never overwritten.

  --width, --height  pixels; with one of them the image's shape is kept, with both it is filled and cropped
  --format           jpeg, png, webp, avif, gif or tiff; default: each image's own
  --quality          1 to 100
  --out DIR          where to write; made if it is missing
`,
  map: `millrace map MODULE#EXPORT [--input FILE] [--ordered]

  Calls a function with the value of each line of JSON, and prints each result as a line of JSON, as soon as it is there.
  The module's path is relative to the working directory. Nothing is read faster than results are written.

  --input FILE       read from FILE; default standard input
  --ordered          print results in the order of the input
`,
};

const common = `
  --workers N        worker threads; default: the CPUs that this process may use
  --help             this text
`;

export function helpFor(command: Command | undefined): string {
  if (command !== undefined) return `${usage[command]}${common}`;
  return `${commands.map((name) => usage[name]).join('\n')}${common}  --version\n`;
}

/** @throws {UsageError} that names what is wrong. */
export function parseCommand(words: readonly string[]): Omit<Arguments, 'command'> & { command: Command } {
  const [name, ...rest] = words;
  const command = commands.find((known) => known === name);
  if (command === undefined) {
    if (name === '--help' || name === '-h')
      return { ...parse('hash', ['--help']), command: undefined as never };
    throw new UsageError(name === undefined ? 'no command given' : `unknown command '${name}'`);
  }
  const args = parse(command, rest);
  if (!args.help) require(args);
  return args;
}

function parse(command: Command, words: string[]): Arguments {
  const { values, positionals } = attempt(() =>
    parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        workers: { type: 'string' },
        ...(command === 'hash' && {
          algorithm: { type: 'string', default: 'sha256' },
          check: { type: 'string', short: 'c' },
          json: { type: 'boolean', default: false },
        }),
        ...(command === 'resize' && {
          width: { type: 'string' },
          height: { type: 'string' },
          quality: { type: 'string' },
          format: { type: 'string' },
          out: { type: 'string' },
        }),
        ...(command === 'map' && {
          input: { type: 'string' },
          ordered: { type: 'boolean', default: false },
        }),
      },
    }),
  );
  const given = values as Partial<Record<string, string>> & {
    help: boolean;
    json?: boolean;
    ordered?: boolean;
  };
  return {
    command,
    help: given.help,
    paths: positionals,
    workers: count('--workers', given['workers']),
    algorithm: given['algorithm'] ?? 'sha256',
    check: given['check'],
    json: given.json ?? false,
    width: count('--width', given['width']),
    height: count('--height', given['height']),
    quality: count('--quality', given['quality']),
    format: formatOf(given['format']),
    out: given['out'] ?? '',
    input: given['input'],
    ordered: given.ordered ?? false,
  };
}

/** What must be there. */
function require({ command, paths, check, algorithm, width, height, out }: Arguments): void {
  if (command === 'map' && paths.length !== 1) throw new UsageError('map takes one MODULE#EXPORT');
  if (check !== undefined && paths.length > 0) throw new UsageError('--check takes no PATH beside its FILE');
  if (check === undefined && paths.length === 0) throw new UsageError(`${command} needs a PATH`);
  if (
    command === 'hash' &&
    !getHashes().includes(algorithm) &&
    !getHashes().includes(algorithm.toUpperCase())
  ) {
    throw new UsageError(`unknown algorithm '${algorithm}'`);
  }
  if (command !== 'resize') return;
  if (out === '') throw new UsageError('resize needs --out DIR');
  if (width === undefined && height === undefined) throw new UsageError('resize needs --width or --height');
}

function attempt<T>(parseWords: () => T): T {
  try {
    return parseWords();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function count(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(value)) throw new UsageError(`${option} must be a positive integer, not '${value}'`);
  return Number(value);
}

function formatOf(value: string | undefined): OutputFormat | undefined {
  const formats: readonly OutputFormat[] = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'];
  const format = formats.find((known) => known === (value === 'jpg' ? 'jpeg' : value));
  if (value !== undefined && format === undefined) {
    throw new UsageError(`--format must be one of ${formats.join(', ')}, not '${value}'`);
  }
  return format;
}
