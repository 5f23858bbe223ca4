import { InvalidOptionError } from '../../base/errors.ts';
import { checkOptions, oneOf, show } from '../../base/options.ts';
import type { OptionChecks } from '../../base/options.ts';

/**
 * The algorithm and cost of password hashes. The defaults are OWASP's recommendations (Password Storage Cheat Sheet). All numbers are
 * integers. 128 × r × N × p of scrypt may be at most 2 ** 30, memory × passes of Argon2id at most 2 ** 22.
 */
export interface PasswordOptions {
  /** Default `'scrypt'`, which every Node has. */
  readonly algorithm?: 'scrypt' | 'argon2id';
  /** scrypt: the base-2 logarithm of N, from 10 to 20. Default 17, which takes 128 MiB with r = 8. */
  readonly logN?: number;
  /** scrypt: the block size, from 1 to 32. Default 8. */
  readonly r?: number;
  /** Both algorithms: the parallelism, from 1 to 16. Default 1. */
  readonly p?: number;
  /** Argon2id: KiB of memory, from 1,024 to 1,048,576 (1 GiB), and at least 8 × p. Default 19,456. */
  readonly memory?: number;
  /** Argon2id: passes over the memory, from 1 to 16. Default 2. */
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

/** The most that 128 × r × N × p (bytes of memory times p) may be: eight times the recommendation. */
const maxScryptWork = 2 ** 30;
/** The most that KiB × passes may be: about 100 times the recommendation. */
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
    throw new InvalidOptionError(foreign, value, `${foreign} is not an option of ${algorithm}`);
  }
  const wrong = outOfRange(cost);
  if (wrong !== undefined)
    throw new InvalidOptionError(wrong.name, wrong.value, `${wrong.name} ${wrong.why}`);
  return cost;
}

/** The parameter that makes a cost too high or too low, and why; undefined if the cost is acceptable. */
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
