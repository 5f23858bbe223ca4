import { inspect } from 'node:util';
import { InvalidOptionError } from './errors.ts';
import { isAbortSignal } from './on-abort.ts';

/**
 * One check for each option, by name. A check throws; the code behind it trusts the value. An option that is `undefined` counts
 * as absent.
 */
export type OptionChecks<T> = { readonly [K in keyof T]-?: (option: string, value: unknown) => void };

/**
 * Checks every option and returns a frozen copy of those that are present.
 *
 * @param kind what an unknown name is called in the error ("executor option").
 * @throws {InvalidOptionError} naming the option and the value.
 */
export function checkOptions<T extends object>(kind: string, options: T, checks: OptionChecks<T>): T {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('options', options, `options must be an object, not ${show(options)}`);
  }
  const present: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      const known = Object.keys(checks).join(', ');
      throw new InvalidOptionError(name, value, `unknown ${kind} '${name}' (known: ${known})`);
    }
    if (value === undefined) continue;
    checks[name as keyof T](name, value);
    present[name] = value;
  }
  return Object.freeze(present) as T;
}

/** An integer of at least `min`; `Infinity` only where it is allowed. */
export function integer(min: number, allowInfinity = false, max: number = Number.MAX_SAFE_INTEGER) {
  return (option: string, value: unknown): void => {
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return;
    if (allowInfinity && value === Infinity) return;
    const range = min === Number.MIN_SAFE_INTEGER ? 'an integer' : rangeOf(min, max);
    const or = allowInfinity ? ' (or Infinity)' : '';
    throw new InvalidOptionError(option, value, `${option} must be ${range}${or}, not ${show(value)}`);
  };
}

function rangeOf(min: number, max: number): string {
  return max === Number.MAX_SAFE_INTEGER
    ? `an integer of at least ${min}`
    : `an integer from ${min} to ${max}`;
}

/** Longest delay that a Node timer can hold, about 24.8 days. */
export const longestTimer: number = 2 ** 31 - 1;

/** A number of milliseconds from `min` to 2,147,483,647, what a timer can hold; fractions are fine. */
export function millisecondsFrom(min: number, allowInfinity: boolean = false) {
  return (option: string, value: unknown): void => {
    if (typeof value === 'number' && value >= min && value <= longestTimer) return;
    if (allowInfinity && value === Infinity) return;
    const range = `a number of milliseconds from ${min} to ${longestTimer}${allowInfinity ? ' (or Infinity)' : ''}`;
    throw new InvalidOptionError(option, value, `${option} must be ${range}, not ${show(value)}`);
  };
}

/** A number of milliseconds from 0 to 2,147,483,647; fractions are fine. */
export function milliseconds(option: string, value: unknown): void {
  millisecondsFrom(0)(option, value);
}

export function boolean(option: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  throw new InvalidOptionError(option, value, `${option} must be a boolean, not ${show(value)}`);
}

/** A number above zero and at most 2 ** 53 - 1, so that a product of two is finite; fractions are fine. */
export function positive(option: string, value: unknown): void {
  if (typeof value === 'number' && value > 0 && value <= Number.MAX_SAFE_INTEGER) return;
  const range = `a number above 0 and at most ${Number.MAX_SAFE_INTEGER}`;
  throw new InvalidOptionError(option, value, `${option} must be ${range}, not ${show(value)}`);
}

export function callable(option: string, value: unknown): void {
  if (typeof value === 'function') return;
  throw new InvalidOptionError(option, value, `${option} must be a function, not ${show(value)}`);
}

export function abortSignal(option: string, value: unknown): void {
  if (isAbortSignal(value)) return;
  throw new InvalidOptionError(option, value, `${option} must be an AbortSignal, not ${show(value)}`);
}

/** Exactly one of these words. */
export function oneOf(...words: string[]) {
  return (option: string, value: unknown): void => {
    if (words.includes(value as string)) return;
    const known = words.map((word) => `'${word}'`).join(', ');
    throw new InvalidOptionError(option, value, `${option} must be one of ${known}, not ${show(value)}`);
  };
}

export function nonEmptyString(option: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return;
  throw new InvalidOptionError(
    option,
    value,
    `${option} must be a string that is not empty, not ${show(value)}`,
  );
}

/** A value on one line, short enough for an error message. Never throws. */
export function show(value: unknown): string {
  try {
    return inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 60 });
  } catch {
    return 'a value that can’t be shown';
  }
}

/** What kind of value this is, without what it holds: for messages about a value that may be secret. Never throws. */
export function showKind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  try {
    // A namespace such as Math has only its tag.
    const tag: unknown = Object.getOwnPropertyDescriptor(value, Symbol.toStringTag)?.value;
    if (typeof tag === 'string') return `#<${tag}>`;
    const prototype: unknown = Object.getPrototypeOf(value);
    const type: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
    return `#<${typeof type === 'function' && typeof type.name === 'string' && type.name !== '' ? type.name : 'Object'}>`;
  } catch {
    return 'an object';
  }
}
