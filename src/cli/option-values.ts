import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { InvalidOptionError } from '../index.ts';
import { checkResize } from '../tasks/image-options.ts';
import type { ResizeOptions } from '../tasks/index.ts';
import { toPrintable, toText } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import type { TaskTarget } from './task-target.ts';
import { UsageError } from './usage-error.ts';

/*
 * Values of options and their checks. Each throws a `UsageError` that names the option and what was given.
 */

/** As they stand on the command line, bytes as characters. */
export type Values = Readonly<Partial<Record<string, string | boolean>>>;

export function text(values: Values, option: string): string | undefined {
  const given = values[option];
  return typeof given === 'string' ? given : undefined;
}

/** A file to write. */
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
  const number = Number(given);
  if (/^\d+$/.test(given) && Number.isSafeInteger(number) && number > 0) return number;
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

/** Hexadecimal digits of the algorithm's digests. */
export function digestDigits(algorithm: string): number {
  try {
    return createHash(algorithm).digest('hex').length;
  } catch {
    throw new UsageError(`unknown algorithm '${algorithm}'`);
  }
}

/** Those that the task itself would accept. */
export function resizeOptions(values: Values): ResizeOptions {
  const format = text(values, 'format');
  const [width, height, quality] = ['width', 'height', 'quality'].map((option) => integer(values, option));
  if (width === undefined && height === undefined) throw new UsageError('resize needs --width or --height');
  const given = { width, height, quality, format: format === 'jpg' ? 'jpeg' : format };
  const present = Object.fromEntries(Object.entries(given).filter(([, each]) => each !== undefined));
  try {
    checkResize(present);
    return present;
  } catch (error) {
    if (error instanceof InvalidOptionError) throw new UsageError(`--${error.message}`);
    throw error;
  }
}

/** One `MODULE#EXPORT`, the module a path or a URL. */
export function taskTarget(paths: readonly BytePath[], command: string): TaskTarget {
  const [only] = paths;
  if (only === undefined || paths.length > 1) throw new UsageError(`${command} takes one MODULE#EXPORT`);
  const [, module = '', name = ''] = /^(.+)#([^#]+)$/s.exec(toText(only)) ?? [];
  if (module === '') throw new UsageError(`${command} takes MODULE#EXPORT, not '${toPrintable(only)}'`);
  if (!/^[a-z]{2,}:/i.test(module)) return { module: pathToFileURL(module), name };
  if (!URL.canParse(module)) throw new UsageError(`'${module}' is no URL`);
  return { module: new URL(module), name };
}
