import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { InvalidOptionError } from '../../base/errors.ts';
import { showKind } from '../../base/options.ts';
import { argon2id, argon2Version } from './argon2id.ts';
import { costOf, outOfRange } from './password-options.ts';
import type { Cost, PasswordOptions } from './password-options.ts';
import { formatPhc, parsePhc } from './phc-string.ts';
import type { PhcString } from './phc-string.ts';

/*
 * A task module. A hash occupies its thread and its memory for tens to hundreds of milliseconds; the executor's number of workers
 * bounds how many run at a time.
 */

/** The result of `passwords.verify()`. */
export interface Verified {
  /** True if the password is the one that was hashed. */
  readonly matches: boolean;
  /**
   * True if the stored hash has another algorithm or cost than `options`. If `matches` is true as well, hash the password again and
   * store the new hash: only now the password is available.
   */
  readonly needsRehash: boolean;
}

/** The most bytes of a password's UTF-8: the sender of a longer password would decide how long hashing takes. */
const maxPasswordBytes = 4096;
const saltBytes = 16;
const hashBytes = 32;

/**
 * Hashes a password with a random salt of 16 bytes. Returns a PHC string to store: algorithm, cost, salt and hash (32 bytes) in one.
 *
 * The password is normalized to Unicode's form NFKC, so that it matches whatever keyboard it is typed on.
 *
 * @throws {InvalidOptionError} for a bad option, and for a password that is not a string of up to 4,096 bytes; `PeerError` for
 *   Argon2id before Node 24.7 without the package @node-rs/argon2.
 */
export async function hash(password: string, options: PasswordOptions = {}): Promise<string> {
  const cost = costOf(options);
  const salt = randomBytes(saltBytes);
  return formatPhc(toPhc(cost, salt, await derive(normal(password), salt, cost, hashBytes)));
}

/**
 * Compares a password with a stored hash. The comparison takes the same time wherever the two differ.
 *
 * @param stored a PHC string of `hash()` or of another implementation: `$scrypt$ln=…,r=…,p=…$…` or `$argon2id$v=19$m=…,t=…,p=…$…`.
 * @param options the options with which the program calls `hash()` now, for `needsRehash`.
 * @throws an error with `code` `'ERR_MILLRACE_PASSWORD_HASH'` for a string that is not such a hash, and, before any hashing, for a
 *   hash whose cost is beyond the bounds of `PasswordOptions`; what `hash` throws.
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
  const what = text === undefined ? showKind(password) : 'a longer one';
  // The error does not contain the password: errors are logged.
  throw new InvalidOptionError(
    'password',
    undefined,
    `password must be a string of up to ${maxPasswordBytes} bytes, not ${what}`,
  );
}

async function derive(password: string, salt: Buffer, cost: Cost, length: number): Promise<Buffer> {
  if (cost.algorithm === 'argon2id') return argon2id(password, salt, cost, length);
  const { logN, r, p } = cost;
  // OpenSSL also counts what it allocates besides the 128 × N × r bytes.
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

/** @throws an error that does not quote the stored hash, which is a secret. */
function readStored(stored: string): PhcString {
  const phc = typeof stored === 'string' ? parsePhc(stored) : undefined;
  if (phc === undefined) throw refused('not a password hash in PHC format');
  const { salt, hash } = phc;
  if (salt.length < 8 || salt.length > 64) throw refused('its salt must have 8 to 64 bytes');
  if (hash.length < 16 || hash.length > 64) throw refused('its hash must have 16 to 64 bytes');
  return phc;
}

/** @throws for another algorithm, for unknown parameters, and for a cost out of bounds. */
function toCost({ id, version, parameters, salt, hash }: PhcString): Cost {
  const at = (name: string): number => parameters.get(name) ?? NaN;
  const cost: Cost | undefined =
    id === 'scrypt'
      ? { algorithm: 'scrypt', logN: at('ln'), r: at('r'), p: at('p') }
      : id === 'argon2id'
        ? { algorithm: 'argon2id', memory: at('m'), passes: at('t'), p: at('p') }
        : undefined;
  if (cost === undefined) throw refused(`its algorithm is ${id}, and only scrypt and argon2id are supported`);
  const wrong = outOfRange(cost);
  if (wrong !== undefined) throw refused(`its ${wrong.name} ${wrong.why}`);
  const known = toPhc(cost, salt, hash);
  const names = [...known.parameters.keys()].toSorted().join();
  if (known.version !== version || [...parameters.keys()].toSorted().join() !== names) {
    throw refused('it has another version or unknown parameters');
  }
  return cost;
}

function refused(why: string): Error {
  return Object.assign(new Error(`the stored password hash is refused: ${why}`), {
    code: 'ERR_MILLRACE_PASSWORD_HASH',
  });
}
