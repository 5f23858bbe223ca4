import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { availableWorkers } from '../host/available-workers.ts';
import { toPrintable, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { separator } from './given.ts';
import type { Values } from './given.ts';
import type { FunctionName } from './task-target.ts';
import { UsageError } from './usage-error.ts';

/*
 * Read and check the values of options. Each function throws a `UsageError` that names the option and its value.
 */

export function text(values: Values, option: string): string | undefined {
  const given = values.get(option);
  return given === true ? undefined : given;
}

/** All values of a repeatable option, in the order given. */
export function texts(values: Values, option: string): readonly string[] {
  return text(values, option)?.split(separator) ?? [];
}

/** The name of a file to write. */
export function fileName(values: Values, option: string): BytePath | undefined {
  const given = text(values, option);
  if (given === '') throw new UsageError(`--${option} needs the name of a file`);
  return given;
}

export function some(paths: readonly BytePath[], command: string): readonly BytePath[] {
  if (paths.length === 0) throw new UsageError(`${command} needs a PATH`);
  return paths;
}

export function integer(values: Values, option: string): number | undefined {
  const given = text(values, option);
  if (given === undefined) return undefined;
  const number = positiveInteger(given);
  if (number !== undefined) return number;
  throw new UsageError(`--${option} must be a positive integer, not '${toPrintable(given)}'`);
}

/** A number above 0, up to `max`. */
export function positive(values: Values, option: string, max: number): number | undefined {
  const given = text(values, option);
  if (given === undefined) return undefined;
  const number = Number(given);
  if (/^\d*\.?\d+$/.test(given) && number > 0 && number <= max) return number;
  throw new UsageError(`--${option} must be a number above 0 up to ${max}, not '${toPrintable(given)}'`);
}

/** `--workers`, as in GNU parallel: N, N% of the CPUs, or N more (+N) or fewer (-N) than CPUs; the result is at least 1. */
export function workers(values: Values): number | undefined {
  const given = text(values, 'workers');
  if (given === undefined) return undefined;
  const [, sign, digits = '', percent] = /^([+-]?)(\d+)(%?)$/.exec(given) ?? [];
  const number = positiveInteger(digits);
  if (number === undefined || (sign !== '' && percent !== '')) {
    const forms = 'a positive integer (or +N, -N, N%)';
    throw new UsageError(`--workers must be ${forms}, not '${toPrintable(given)}'`);
  }
  const cpus = availableWorkers();
  if (percent !== '') return Math.max(1, Math.round((cpus * number) / 100));
  if (sign === '+') return cpus + number;
  return sign === '-' ? Math.max(1, cpus - number) : number;
}

const units: Readonly<Record<string, number>> = {
  '': 1000,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The longest delay of a Node timer in milliseconds, about 24.8 days. */
const longestMs = 2 ** 31 - 1;

/** A duration in milliseconds, above 0 and up to 24.8 days. A number without a unit is in seconds. */
export function duration(values: Values, option: string): number | undefined {
  const given = text(values, option);
  if (given === undefined) return undefined;
  const [, number = '', unit = ''] = /^(\d+\.?\d*|\.\d+)(ms|[smhd]?)$/.exec(given) ?? [];
  const ms = Number(number || 'NaN') * (units[unit] as number);
  if (ms > 0 && ms <= longestMs) return ms;
  const forms = 'a number of seconds, or with a unit: 500ms, 2s, 1m, 1h, up to 24d';
  throw new UsageError(`--${option} must be ${forms}, not '${toPrintable(given)}'`);
}

export function positiveInteger(digits: string): number | undefined {
  const number = Number(digits);
  return /^\d+$/.test(digits) && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/** Parses the only operand, `MODULE#EXPORT`. MODULE is a path or a URL; without EXPORT the default export is meant. */
export function taskTarget(paths: readonly BytePath[], command: string): FunctionName {
  const [only] = paths;
  if (only === undefined) throw new UsageError(`${command} takes one MODULE#EXPORT`);
  if (paths.length > 1) {
    throw new UsageError(`${command} takes one MODULE#EXPORT; lines come from standard input, or by --input`);
  }
  const { module, name } = split(toText(only));
  if (module === '' || name === '') {
    throw new UsageError(`${command} takes MODULE or MODULE#EXPORT, not '${toPrintable(only)}'`);
  }
  if (!/^[a-z]{2,}:/i.test(module)) return { module: pathToFileURL(module), name };
  if (!URL.canParse(module)) throw new UsageError(`'${toPrintable(module)}' is not a URL`);
  return { module: new URL(module), name };
}

/** Splits at the last `#`, unless a file with the whole name exists. */
function split(target: string): { module: string; name: string } {
  const at = target.lastIndexOf('#');
  const isWhole = at === -1 || existsSync(target);
  return isWhole
    ? { module: target, name: 'default' }
    : { module: target.slice(0, at), name: target.slice(at + 1) };
}
