import { algorithmOf } from '../tasks/ready-made/digest.ts';
import { toPrintable, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import type { Given } from './given.ts';
import { text, workers } from './option-values.ts';
import { suggestion } from './suggestion.ts';
import { algorithms } from './table/hash-command.ts';
import { UsageError } from './usage-error.ts';

interface Common {
  /** At least one file or directory, with `--check` a list of checksums; `-` is standard input. */
  readonly paths: readonly BytePath[];
  readonly algorithm: string;
  /** The algorithm's name in a line of the BSD form, such as `SHA256`. */
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
  /** Number of hexadecimal digits of the algorithm's digests. */
  readonly digits: number;
  readonly ignoreMissing: boolean;
  readonly strict: boolean;
  /** What is printed: `most` omits improper lines, `warn` adds them, `quiet` omits OK, `status` omits verdicts and warnings. */
  readonly told: 'most' | 'warn' | 'quiet' | 'status';
}

/** @throws {UsageError} that names what is wrong; {PeerError} if the algorithm's package is missing. */
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
  if (checking !== undefined) throw new UsageError(`--${checking} works only with --check`);
  if (values.has('json')) refuse(values, ['tag', 'zero', 'binary', 'text'], 'json');
  if (values.has('tag')) refuse(values, ['text'], 'tag');
  return { command: 'hash', ...common, form: form(values), zero: values.has('zero') };
}

function form(values: Given['values']): HashArguments['form'] {
  if (values.has('json')) return 'json';
  if (values.has('tag')) return 'tag';
  return lastOf(values, ['binary', 'text'] as const) === 'binary' ? 'binary' : 'plain';
}

/** Of options that override each other, returns the last one given. */
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
    const similar = await suggestion(algorithm, algorithms);
    const advice = similar === undefined ? '' : ` (did you mean ${similar}?)`;
    throw new UsageError(`unknown algorithm '${toPrintable(algorithm)}'${advice}`);
  }
}

/** Tags that are not the algorithm's name in capitals; `BLAKE2b` is the one that GNU coreutils writes. */
const tags: Readonly<Record<string, string>> = { blake2b512: 'BLAKE2b', blake2s256: 'BLAKE2s' };

const tagOf = (algorithm: string): string => tags[algorithm.toLowerCase()] ?? algorithm.toUpperCase();
