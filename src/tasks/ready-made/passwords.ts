import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { InvalidOptionError } from '../../base/errors.ts';
import { show } from '../../base/options.ts';
import { argon2id, argon2Version } from './argon2id.ts';
import { costOf, outOfRange } from './password-options.ts';
import type { Cost, PasswordOptions } from './password-options.ts';
import { formatPhc, parsePhc } from './phc-string.ts';
import type { PhcString } from './phc-string.ts';

/*
 * A task module: a hash takes its thread for tens of milliseconds and its memory for as long. As many run at a time as the
 * executor has workers.
 */

export interface Verified {
  /** The password is the one that was hashed. */
  readonly matches: boolean;
  /**
   * It was hashed by another algorithm or at another cost than `options` ask for. Where `matches`, hash the password again and
   * store that: only now it is at hand.
   */
  readonly needsRehash: boolean;
}

/** Bytes of a password's UTF-8: longer ones are refused, for their hashing would be the sender's to prolong. */
const maxPasswordBytes = 4096;
const saltBytes = 16;
const hashBytes = 32;

/**
 * Hashes a password, as a PHC string: algorithm, cost, salt and hash in one, to be stored.
 *
 * The password is taken in Unicode's form NFKC, so that it matches whatever keyboard it is typed on.
 *
 * @throws {InvalidOptionError} for a bad option, and for a password that is no string of up to 4,096 bytes; `PeerError` for
 *   Argon2id before Node 24.7 without the package @node-rs/argon2.
 */
export async function hash(password: string, options: PasswordOptions = {}): Promise<string> {
  const cost = costOf(options);
  const salt = randomBytes(saltBytes);
  return formatPhc(toPhc(cost, salt, await derive(normal(password), salt, cost, hashBytes)));
}

/**
 * Compares a password with a stored hash, in a time that does not depend on where they differ.
 *
 * @param stored what `hash()` made, or another implementation: `$scrypt$ln=…,r=…,p=…$…` or `$argon2id$v=19$m=…,t=…,p=…$…`.
 * @param options those that `hash()` is called with today, for `needsRehash`.
 * @throws an error with `code` `'ERR_PASSWORD_HASH'` for a string that is no such hash, or one whose cost is out of the bounds
 *   of `PasswordOptions`: it is refused before any of it is paid. What `hash` throws.
 */
export async function verify(
  password: string,
  stored: string,
  options: PasswordOptions = {},
): Promise<Verified> {
  const wanted = costOf(options);
  const text = normal(password);
  const phc = readStored(stored);
  const cost = toCost(phc);
  const found = await derive(text, phc.salt, cost, phc.hash.length);
  const needsRehash =
    formatPhc(toPhc(wanted, phc.salt, phc.hash)) !== stored || phc.hash.length !== hashBytes;
  return { matches: timingSafeEqual(found, phc.hash), needsRehash };
}

function normal(password: string): string {
  const text = typeof password === 'string' ? password.normalize('NFKC') : undefined;
  if (text !== undefined && Buffer.byteLength(text) <= maxPasswordBytes) return text;
  const what = text === undefined ? show(password) : 'a longer one';
  // The value stays out of it: an error is logged.
  throw new InvalidOptionError(
    'password',
    undefined,
    `password must be a string of up to ${maxPasswordBytes} bytes, not ${what}`,
  );
}

async function derive(password: string, salt: Buffer, cost: Cost, length: number): Promise<Buffer> {
  if (cost.algorithm === 'argon2id') return argon2id(password, salt, cost, length);
  const { logN, r, p } = cost;
  // OpenSSL counts what it allocates beside the 128 × N × r bytes.
  const maxmem = 128 * r * (2 ** logN + p + 2) + 1024;
  return scryptSync(password, salt, length, { N: 2 ** logN, r, p, maxmem });
}

function toPhc(cost: Cost, salt: Buffer, hash: Buffer): PhcString {
  const parameters =
    cost.algorithm === 'scrypt'
      ? ([
          ['ln', cost.logN],
          ['r', cost.r],
          ['p', cost.p],
        ] as const)
      : ([
          ['m', cost.memory],
          ['t', cost.passes],
          ['p', cost.p],
        ] as const);
  const version = cost.algorithm === 'scrypt' ? undefined : argon2Version;
  return { id: cost.algorithm, version, parameters: new Map(parameters), salt, hash };
}

/** @throws an error that does not quote what is stored, which is a secret. */
function readStored(stored: string): PhcString {
  const phc = typeof stored === 'string' ? parsePhc(stored) : undefined;
  if (phc === undefined) throw refused('not a password hash in PHC format');
  const { salt, hash } = phc;
  if (salt.length < 8 || salt.length > 64) throw refused('its salt must have 8 to 64 bytes');
  if (hash.length < 16 || hash.length > 64) throw refused('its hash must have 16 to 64 bytes');
  return phc;
}

/** @throws for another algorithm, parameters beyond those, and a cost that is not to be paid. */
function toCost({ id, version, parameters, salt, hash }: PhcString): Cost {
  const at = (name: string): number => parameters.get(name) ?? NaN;
  const cost: Cost | undefined =
    id === 'scrypt'
      ? { algorithm: 'scrypt', logN: at('ln'), r: at('r'), p: at('p') }
      : id === 'argon2id'
        ? { algorithm: 'argon2id', memory: at('m'), passes: at('t'), p: at('p') }
        : undefined;
  if (cost === undefined) throw refused(`its algorithm is ${id}, and only scrypt and argon2id are known`);
  const wrong = outOfRange(cost);
  if (wrong !== undefined) throw refused(`its ${wrong.name} ${wrong.why}`);
  const known = toPhc(cost, salt, hash);
  const names = [...known.parameters.keys()].toSorted().join();
  if (known.version !== version || [...parameters.keys()].toSorted().join() !== names) {
    throw refused('it has another version, or parameters that are not known');
  }
  return cost;
}

function refused(why: string): Error {
  return Object.assign(new Error(`the stored password hash is refused: ${why}`), {
    code: 'ERR_PASSWORD_HASH',
  });
}
