import { algorithmOf } from '../tasks/ready-made/digest.ts';
import { toPrintable, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import type { Given } from './given.ts';
import { text, workers } from './option-values.ts';
import { UsageError } from './usage-error.ts';

interface Common {
  /** Files and directories, or lists of checksums; at least one, `-` for standard input. */
  readonly paths: readonly BytePath[];
  readonly algorithm: string;
  /** As a line in BSD's form calls the algorithm. */
  readonly tag: string;
  readonly workers: number | undefined;
}

export interface HashArguments extends Common {
  readonly command: 'hash';
  readonly form: 'plain' | 'binary' | 'tag' | 'json';
  /** Lines end in NUL, and names are not escaped. */
  readonly zero: boolean;
}

export interface CheckArguments extends Common {
  readonly command: 'check';
  /** Hexadecimal digits of the algorithm's digests. */
  readonly digits: number;
  readonly ignoreMissing: boolean;
  readonly strict: boolean;
  /** What is told: all but improper lines, these too, failures alone, or nothing. */
  readonly told: 'most' | 'warn' | 'quiet' | 'status';
}

/** @throws {UsageError} that names what is wrong; an error if a package is missing. */
export async function hashArguments({ operands, values }: Given): Promise<HashArguments | CheckArguments> {
  const algorithm = toText(text(values, 'algorithm') ?? 'sha256');
  const digits = await digestDigits(algorithm);
  const common = {
    paths: operands.length === 0 ? ['-'] : operands,
    algorithm,
    tag: tagOf(algorithm),
    workers: workers(values),
  };
  if (values.has('check')) {
    refuse(values, ['tag', 'zero', 'json', 'binary', 'text'], 'check');
    return {
      command: 'check',
      ...common,
      digits,
      ignoreMissing: values.has('ignore-missing'),
      strict: values.has('strict'),
      told: lastOf(values, ['warn', 'quiet', 'status'] as const) ?? 'most',
    };
  }
  const checking = ['ignore-missing', 'quiet', 'status', 'strict', 'warn'].find((option) =>
    values.has(option),
  );
  if (checking !== undefined) throw new UsageError(`--${checking} has a meaning only with --check`);
  if (values.has('json')) refuse(values, ['tag', 'zero', 'binary', 'text'], 'json');
  if (values.has('tag')) refuse(values, ['text'], 'tag');
  return { command: 'hash', ...common, form: form(values), zero: values.has('zero') };
}

function form(values: Given['values']): HashArguments['form'] {
  if (values.has('json')) return 'json';
  if (values.has('tag')) return 'tag';
  return lastOf(values, ['binary', 'text'] as const) === 'binary' ? 'binary' : 'plain';
}

/** Of options that replace each other, the last one given. */
function lastOf<N extends string>(values: Given['values'], options: readonly N[]): N | undefined {
  return [...values.keys()].findLast((name) => options.includes(name as N)) as N | undefined;
}

function refuse(values: Given['values'], options: readonly string[], beside: string): void {
  const found = options.find((option) => values.has(option));
  if (found !== undefined) throw new UsageError(`--${beside} and --${found} do not go together`);
}

async function digestDigits(algorithm: string): Promise<number> {
  try {
    return (await algorithmOf(algorithm)).whole('').length;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`unknown algorithm '${toPrintable(algorithm)}'`);
  }
}

/** Tags that are not the algorithm's name in capitals: those of GNU coreutils and of xxhsum. */
const tags: Readonly<Record<string, string>> = { blake2b512: 'BLAKE2b', blake2s256: 'BLAKE2s' };

const tagOf = (algorithm: string): string => tags[algorithm.toLowerCase()] ?? algorithm.toUpperCase();
