import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import type { ResizeOptions } from '../tasks/index.ts';
import { fromText, toPrintable, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import {
  digestDigits,
  fileName,
  integer,
  positive,
  resizeOptions,
  some,
  taskTarget,
  text,
} from './option-values.ts';
import type { Values } from './option-values.ts';
import type { TaskTarget } from './task-target.ts';
import { commands } from './usage.ts';
import type { CommandName } from './usage.ts';
import { UsageError } from './usage-error.ts';

interface Common {
  readonly workers: number | undefined;
}

export interface HashArguments extends Common {
  readonly command: 'hash';
  readonly paths: readonly BytePath[];
  readonly algorithm: string;
  readonly json: boolean;
}

export interface CheckArguments extends Common {
  readonly command: 'check';
  readonly list: BytePath;
  readonly algorithm: string;
  /** Hexadecimal digits of the algorithm's digests. */
  readonly digits: number;
}

export interface ResizeArguments extends Common {
  readonly command: 'resize';
  readonly paths: readonly BytePath[];
  readonly out: string;
  readonly options: ResizeOptions;
}

export interface MapArguments extends Common {
  readonly command: 'map';
  readonly target: TaskTarget;
  readonly input: BytePath | undefined;
  readonly ordered: boolean;
}

export interface TuneArguments {
  readonly command: 'tune';
  readonly target: TaskTarget;
  readonly input: BytePath | undefined;
  readonly maxWorkers: number | undefined;
  /** Of one measurement. */
  readonly seconds: number;
  /** How often each setting is measured. */
  readonly rounds: number;
  /** Files to write. */
  readonly svg: BytePath | undefined;
  readonly json: BytePath | undefined;
}

export type Arguments =
  | HashArguments
  | CheckArguments
  | ResizeArguments
  | MapArguments
  | TuneArguments
  | { readonly command: 'help'; readonly about: CommandName | undefined }
  | { readonly command: 'version' };

/** As they stand on the command line. */
interface Given {
  readonly paths: readonly BytePath[];
  readonly values: Values;
}

const flag = { type: 'boolean' } as const;
const value = { type: 'string' } as const;

const options: Record<CommandName, NonNullable<ParseArgsConfig['options']>> = {
  hash: { algorithm: value, check: { ...value, short: 'c' }, json: flag, workers: value },
  resize: { width: value, height: value, quality: value, format: value, out: value, workers: value },
  map: { input: value, ordered: flag, workers: value },
  tune: { input: value, 'max-workers': value, seconds: value, rounds: value, svg: value, json: value },
};

/** @throws {UsageError} that names what is wrong. */
export function parseArguments(words: readonly BytePath[]): Arguments {
  const [name, ...rest] = words;
  if (name === '--help' || name === '-h') return { command: 'help', about: undefined };
  if (name === '--version' || name === '-V') return { command: 'version' };
  const command = commands.find((known) => known === name);
  if (command === undefined) {
    throw new UsageError(name === undefined ? 'no command given' : `unknown command '${toPrintable(name)}'`);
  }
  const given = parse(command, rest);
  return given.values['help'] === true ? { command: 'help', about: command } : checks[command](given);
}

function parse(command: CommandName, words: string[]): Given {
  try {
    const config = { args: words, allowPositionals: true, options: { ...options[command], help } };
    const { values, positionals } = parseArgs(config);
    return { paths: positionals, values };
  } catch (error) {
    const message = toPrintable((error as Error).message).replaceAll(String.raw`\n`, ' ');
    // Node's own advice on it has a quotation mark that is never closed.
    const [, unknown] = /^Unknown option '(.*?)'(?:\. |$)/.exec(message) ?? [];
    if (unknown === undefined) throw new UsageError(message);
    throw new UsageError(`unknown option '${unknown}' (what begins with - and is no option goes after --)`);
  }
}

const help = { ...flag, short: 'h' } as const;

const checks: Record<CommandName, (given: Given) => Arguments> = {
  hash({ paths, values }) {
    const algorithm = toText(text(values, 'algorithm') ?? 'sha256');
    const digits = digestDigits(algorithm);
    const list = text(values, 'check');
    const json = values['json'] === true;
    if (list === undefined) {
      return {
        command: 'hash',
        paths: some(paths, 'hash'),
        algorithm,
        json,
        workers: integer(values, 'workers'),
      };
    }
    if (paths.length > 0) throw new UsageError('--check takes no PATH beside its FILE');
    if (json) throw new UsageError('--check and --json do not go together');
    return { command: 'check', list, algorithm, digits, workers: integer(values, 'workers') };
  },

  resize({ paths, values }) {
    const out = toText(text(values, 'out') ?? '');
    if (out === '') throw new UsageError('resize needs --out DIR');
    if (fromText(out) !== values['out']) throw new UsageError('--out must be a path in UTF-8');
    return {
      command: 'resize',
      paths: some(paths, 'resize'),
      out,
      options: resizeOptions(values),
      workers: integer(values, 'workers'),
    };
  },

  map({ paths, values }) {
    return {
      command: 'map',
      target: taskTarget(paths, 'map'),
      input: text(values, 'input'),
      ordered: values['ordered'] === true,
      workers: integer(values, 'workers'),
    };
  },

  tune({ paths, values }) {
    return {
      command: 'tune',
      target: taskTarget(paths, 'tune'),
      input: text(values, 'input'),
      maxWorkers: integer(values, 'max-workers'),
      seconds: positive(values, 'seconds', 3600) ?? 1,
      rounds: integer(values, 'rounds') ?? 3,
      svg: fileName(values, 'svg'),
      json: fileName(values, 'json'),
    };
  },
};
