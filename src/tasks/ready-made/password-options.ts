import { InvalidOptionError } from '../../base/errors.ts';
import { checkOptions, oneOf, show } from '../../base/options.ts';
import type { OptionChecks } from '../../base/options.ts';

/** How passwords are hashed. What is left out takes OWASP's recommendation. */
export interface PasswordOptions {
  /** Default `'scrypt'`, which every Node has. */
  readonly algorithm?: 'scrypt' | 'argon2id';
  /** Of scrypt: base-2 logarithm of N, 10 to 20. Default 17: 128 MiB with r = 8. */
  readonly logN?: number;
  /** Of scrypt: 1 to 32. Default 8. */
  readonly r?: number;
  /** Of scrypt: 1 to 16, default 1. Of Argon2id: 1 to 16, default 1. */
  readonly p?: number;
  /** Of Argon2id: KiB of memory, 1,024 to 1,048,576 (1 GiB), and at least 8 × p. Default 19,456. */
  readonly memory?: number;
  /** Of Argon2id: passes, 1 to 16. Default 2. */
  readonly passes?: number;
}

interface ScryptCost {
  readonly algorithm: 'scrypt';
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

export interface Argon2Cost {
  readonly algorithm: 'argon2id';
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly p: number;
}

export type Cost = ScryptCost | Argon2Cost;

type Range = readonly [min: number, max: number];

const ranges = {
  scrypt: { logN: [10, 20], r: [1, 32], p: [1, 16] },
  argon2id: { memory: [1024, 2 ** 20], passes: [1, 16], p: [1, 16] },
} satisfies Record<string, Record<string, Range>>;

/** 128 × r × N × p: bytes of memory times passes, eight times the recommendation. */
const maxScryptWork = 2 ** 30;
/** KiB × passes, 100 times the recommendation. */
const maxArgon2Work = 2 ** 22;

const anything = (): void => {};

const checks: OptionChecks<PasswordOptions> = {
  algorithm: oneOf('scrypt', 'argon2id'),
  logN: anything,
  r: anything,
  p: anything,
  memory: anything,
  passes: anything,
};

/** @throws {InvalidOptionError} naming the option and its value. */
export function costOf(options: PasswordOptions): Cost {
  const { algorithm = 'scrypt', ...given } = checkOptions('password option', options, checks);
  const cost: Cost =
    algorithm === 'scrypt'
      ? { algorithm, logN: 17, r: 8, p: 1, ...given }
      : { algorithm, memory: 19_456, passes: 2, p: 1, ...given };
  const foreign = Object.keys(given).find((name) => !Object.hasOwn(ranges[algorithm], name));
  if (foreign !== undefined) {
    const value = given[foreign as keyof typeof given];
    throw new InvalidOptionError(foreign, value, `${foreign} is no option of ${algorithm}`);
  }
  const wrong = outOfRange(cost);
  if (wrong !== undefined)
    throw new InvalidOptionError(wrong.name, wrong.value, `${wrong.name} ${wrong.why}`);
  return cost;
}

/** What makes a cost one that is not to be paid; undefined if nothing does. */
export function outOfRange(cost: Cost): { name: string; value: unknown; why: string } | undefined {
  for (const [name, [min, max]] of Object.entries<Range>(ranges[cost.algorithm])) {
    const value: unknown = cost[name as keyof Cost];
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
      return { name, value, why: `must be an integer from ${min} to ${max}, not ${show(value)}` };
    }
  }
  if (cost.algorithm === 'scrypt') {
    const work = 128 * cost.r * 2 ** cost.logN * cost.p;
    if (work > maxScryptWork) {
      return { name: 'logN', value: cost.logN, why: `costs too much with r = ${cost.r} and p = ${cost.p}` };
    }
    return undefined;
  }
  if (cost.memory < 8 * cost.p) return { name: 'memory', value: cost.memory, why: `must be at least 8 × p` };
  if (cost.memory * cost.passes > maxArgon2Work) {
    return { name: 'passes', value: cost.passes, why: `cost too much with ${cost.memory} KiB of memory` };
  }
  return undefined;
}
