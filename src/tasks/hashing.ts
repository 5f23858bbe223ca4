import * as crypto from 'node:crypto';
import { closeSync, fstatSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { fileError, openRegular } from './regular-file.ts';

/*
 * A task module: ordinary, synchronous functions. They run in worker threads, where blocking is what one wants: a
 * stream would cost a dozen turns of the event loop for a file that two system calls can read.
 *
 * A small file takes five system calls and 10 to 12 µs: open, fstat, read, fstat, close. The two fstat cost 1.0 and
 * 1.6 µs of that; they keep pipes and devices out, and notice a file that is being written.
 */

/**
 * One buffer per thread, for files of any size. Bytes. SHA-256 of 256 MiB in the page cache, MiB/s by size of the buffer:
 * 64 KiB 1,460, 256 KiB 1,505, 1 MiB 1,575.
 */
const buffer: Buffer = Buffer.allocUnsafeSlow(1024 * 1024);

/** An algorithm that this Node has no hash function for. */
function unknownAlgorithm(algorithm: unknown, cause: unknown): RangeError {
  const message = `unknown hash algorithm ${JSON.stringify(algorithm)}: crypto.getHashes() lists those of this Node`;
  return Object.assign(new RangeError(message, { cause }), { code: 'ERR_UNKNOWN_ALGORITHM' });
}

function createHash(algorithm: string): crypto.Hash {
  try {
    return crypto.createHash(algorithm);
  } catch (cause) {
    throw unknownAlgorithm(algorithm, cause);
  }
}

/**
 * The digest of some bytes (of a string's UTF-8), in lower-case hexadecimal.
 *
 * @param algorithm any of `crypto.getHashes()`.
 * @throws {RangeError} for an unknown algorithm (`code: 'ERR_UNKNOWN_ALGORITHM'`).
 */
export function hashBytes(bytes: Uint8Array | string, algorithm: string = 'sha256'): string {
  try {
    // In one call: 2.5 µs for 4 KiB, where createHash() takes 3.0.
    return crypto.hash(algorithm, bytes, 'hex');
  } catch (cause) {
    // Asked of createHash() and not of the list, which has one spelling of each name where many are understood.
    createHash(algorithm);
    throw cause;
  }
}

/**
 * The digest of a regular file's contents, in lower-case hexadecimal. Memory is constant, whatever the file's size.
 *
 * @param path a path, or the bytes of one that is no valid UTF-8.
 * @param algorithm any of `crypto.getHashes()`.
 * @throws the platform's error (`ENOENT`, `EACCES`, `EISDIR`, …, with `path`); an error with `code`
 *   `'ERR_NOT_A_REGULAR_FILE'` for a pipe, socket or device, `'ERR_FILE_CHANGED'` for a file that changed while it was
 *   read (as far as its size and time of change tell: a file system's clock may tick only every few milliseconds);
 *   `RangeError` for an unknown algorithm.
 */
export function hashFile(path: string | Uint8Array, algorithm: string = 'sha256'): string {
  const name = typeof path === 'string' ? path : Buffer.from(path.buffer, path.byteOffset, path.byteLength);
  const { file, stats: before } = openRegular(name);
  try {
    // A size of 0 says nothing in /proc.
    const small = before.size > 0 && before.size < buffer.length;
    const digest = small ? hashSmall(file, before.size, algorithm) : hashLarge(file, algorithm);
    if (changed(before, fstatSync(file))) {
      throw fileError('ERR_FILE_CHANGED', 'changed while it was read', name);
    }
    return digest;
  } finally {
    closeSync(file);
  }
}

/** Mostly one read: a network file system may answer with less than it was asked for, and /sys always does. */
function hashSmall(file: number, size: number, algorithm: string): string {
  let length = 0;
  while (length < size) {
    const more = readSync(file, buffer, length, size - length, null);
    if (more === 0) break;
    length += more;
  }
  return hashBytes(buffer.subarray(0, length), algorithm);
}

function hashLarge(file: number, algorithm: string): string {
  const hash = createHash(algorithm);
  for (let length = read(file); length > 0; length = read(file)) hash.update(buffer.subarray(0, length));
  return hash.digest('hex');
}

const read = (file: number): number => readSync(file, buffer, 0, buffer.length, null);

const changed = (before: Stats, after: Stats): boolean =>
  after.size !== before.size || after.mtimeMs !== before.mtimeMs;
