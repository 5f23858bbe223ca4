import { closeSync, fstatSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { algorithmOf } from './digest.ts';
import type { Algorithm } from './digest.ts';
import { fileError, openRegular } from './regular-file.ts';

/*
 * A task module of ordinary, synchronous functions. They run in worker threads, where blocking is right: a stream would cost a dozen
 * turns of the event loop for a small file.
 *
 * A small file takes five system calls and 10 to 12 µs: open, fstat, read, fstat, close. The two fstat cost 1.0 and
 * 1.6 µs of that; they keep pipes and devices out, and notice a file that is being written.
 */

/**
 * One buffer of 1 MiB per thread, for files of any size. SHA-256 of 256 MiB in the page cache, MiB/s by size of the buffer:
 * 64 KiB 1,460, 256 KiB 1,505, 1 MiB 1,575.
 */
const buffer: Buffer = Buffer.allocUnsafeSlow(1024 * 1024);

/**
 * The digest of bytes in lower-case hexadecimal. A string is hashed as its UTF-8.
 *
 * @param algorithm any of `crypto.getHashes()`; with the optional package hash-wasm also `'blake3'`, and the non-cryptographic
 *   `'xxh32'`, `'xxh64'`, `'xxh3'` (64 bits) and `'xxh128'`. Default `'sha256'`.
 * @throws {RangeError} for an unknown algorithm (`code: 'ERR_MILLRACE_UNKNOWN_ALGORITHM'`); `PeerError`
 *   if that package is not installed.
 */
export function hashBytes(
  bytes: Uint8Array | string,
  algorithm: string = 'sha256',
): string | Promise<string> {
  const found = algorithmOf(algorithm);
  return found instanceof Promise ? found.then(({ whole }) => whole(bytes)) : found.whole(bytes);
}

/**
 * The digest of a regular file's contents in lower-case hexadecimal. It needs 1 MiB of memory per thread, whatever the file's size.
 *
 * @param path a path, or the bytes of a path that is not valid UTF-8.
 * @param algorithm as for `hashBytes`.
 * @throws the platform's error (`ENOENT`, `EACCES`, `EISDIR`, …, with `path`); an error with `code`
 *   `'ERR_MILLRACE_NOT_A_REGULAR_FILE'` for a pipe, socket or device, `'ERR_MILLRACE_FILE_CHANGED'` for a file that changed while it was
 *   read (as far as its size and time of change tell: a file system's clock may tick only every few milliseconds); what
 *   `hashBytes` throws.
 */
export function hashFile(path: string | Uint8Array, algorithm: string = 'sha256'): string | Promise<string> {
  const name = typeof path === 'string' ? path : Buffer.from(path.buffer, path.byteOffset, path.byteLength);
  const found = algorithmOf(algorithm);
  return found instanceof Promise ? found.then((each) => digestOf(name, each)) : digestOf(name, found);
}

function digestOf(path: string | Buffer, algorithm: Algorithm): string {
  const { file, stats: before } = openRegular(path);
  try {
    // Files in /proc have contents although their size is 0.
    const small = before.size > 0 && before.size < buffer.length;
    const digest = small ? hashSmall(file, before.size, algorithm) : hashLarge(file, algorithm);
    if (changed(before, fstatSync(file))) {
      throw fileError('ERR_MILLRACE_FILE_CHANGED', 'changed while it was read', path);
    }
    return digest;
  } finally {
    closeSync(file);
  }
}

/** One read suffices, as a rule; a network file system may return fewer bytes than requested, and /sys always does. */
function hashSmall(file: number, size: number, { whole }: Algorithm): string {
  let length = 0;
  while (length < size) {
    const more = readSync(file, buffer, length, size - length, null);
    if (more === 0) break;
    length += more;
  }
  return whole(buffer.subarray(0, length));
}

function hashLarge(file: number, { begin }: Algorithm): string {
  const digest = begin();
  for (let length = read(file); length > 0; length = read(file)) digest.update(buffer.subarray(0, length));
  return digest.digest('hex');
}

const read = (file: number): number => readSync(file, buffer, 0, buffer.length, null);

const changed = (before: Stats, after: Stats): boolean =>
  after.size !== before.size || after.mtimeMs !== before.mtimeMs;
