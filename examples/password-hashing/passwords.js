/* A task module: runs in the worker threads, where blocking for 50 ms is what one wants. */
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

/** OWASP's Password Storage Cheat Sheet for scrypt: N = 2^17, r = 8, p = 1, which takes 128 MiB. Tests take less. */
const cost = { N: 2 ** Number(process.env.SCRYPT_LOG_N ?? 17), r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
const keyLength = 32;

/** What is stored: parameters, salt and key in one string, so that the cost can be raised later. */
export function hash(password) {
  const salt = randomBytes(16);
  const { N, r, p } = cost;
  const key = scryptSync(password.normalize('NFKC'), salt, keyLength, cost);
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** @throws {RangeError} for a string that `hash()` has not made. */
export function verify(password, stored) {
  const [name, N, r, p, salt, key] = stored.split('$');
  if (name !== 'scrypt' || key === undefined) throw new RangeError('not a hash made by this module');
  const options = { N: Number(N), r: Number(r), p: Number(p), maxmem: cost.maxmem };
  const expected = Buffer.from(key, 'base64url');
  const found = scryptSync(
    password.normalize('NFKC'),
    Buffer.from(salt, 'base64url'),
    expected.length,
    options,
  );
  return timingSafeEqual(found, expected);
}
