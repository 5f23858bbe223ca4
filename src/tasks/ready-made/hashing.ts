import { algorithmOf } from './digest.ts';
import { digestFile } from './digest-file.ts';

/*
 * A task module of ordinary, synchronous functions. They run in worker threads, where blocking is right: a stream would cost a dozen
 * turns of the event loop for a small file.
 */

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
  const found = algorithmOf(algorithm);
  return found instanceof Promise ? found.then((each) => digestFile(path, each)) : digestFile(path, found);
}
