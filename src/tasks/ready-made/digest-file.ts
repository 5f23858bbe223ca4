import { closeSync, fstatSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import type { Algorithm } from './digest.ts';
import { fileError, openRegular } from './regular-file.ts';

/*
 * A small file takes five system calls and 10 to 12 µs: open, fstat, read, fstat, close. The two fstat cost 1.0 and
 * 1.6 µs of that; they keep pipes and devices out, and notice a file that is being written.
 */

/**
 * One buffer of 1 MiB per thread, for files of any size. SHA-256 of 256 MiB in the page cache, MiB/s by size of the buffer:
 * 64 KiB 1,460, 256 KiB 1,505, 1 MiB 1,575.
 */
const buffer: Buffer = Buffer.allocUnsafeSlow(1024 * 1024);

/** A file that is smaller than this, in bytes, is hashed in one piece. */
export const smallFile: number = buffer.length;

/** The digest of a regular file's contents in lower-case hexadecimal. What it throws, `hashFile()` says. */
export function digestFile(path: string | Uint8Array, algorithm: Algorithm): string {
  return digestBelow(path, algorithm, Number.POSITIVE_INFINITY) as string;
}

/** The same for a file that is smaller than `limit` bytes; null for any other, which is opened and not read. */
export function digestBelow(path: string | Uint8Array, algorithm: Algorithm, limit: number): string | null {
  const name = typeof path === 'string' ? path : Buffer.from(path.buffer, path.byteOffset, path.byteLength);
  const { file, stats: before } = openRegular(name);
  try {
    if (before.size >= limit) return null;
    // Files in /proc have contents although their size is 0.
    const small = before.size > 0 && before.size < smallFile;
    const digest = small ? digestSmall(file, before.size, algorithm) : digestLarge(file, algorithm);
    if (changed(before, fstatSync(file))) {
      throw fileError('ERR_MILLRACE_FILE_CHANGED', 'changed while it was read', name);
    }
    return digest;
  } finally {
    closeSync(file);
  }
}

/** One read suffices, as a rule; a network file system may return fewer bytes than requested, and /sys always does. */
function digestSmall(file: number, size: number, { whole }: Algorithm): string {
  let length = 0;
  while (length < size) {
    const more = readSync(file, buffer, length, size - length, null);
    if (more === 0) break;
    length += more;
  }
  return whole(buffer.subarray(0, length));
}

function digestLarge(file: number, { begin }: Algorithm): string {
  const digest = begin();
  for (let length = read(file); length > 0; length = read(file)) digest.update(buffer.subarray(0, length));
  return digest.digest('hex');
}

const read = (file: number): number => readSync(file, buffer, 0, buffer.length, null);

const changed = (before: Stats, after: Stats): boolean =>
  after.size !== before.size || after.mtimeMs !== before.mtimeMs;
