import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { Stats } from 'node:fs';

/**
 * Does not block: opening a pipe without a writer would hold the thread for ever. And a terminal must not become the controlling
 * terminal of the process. Windows has neither flag, and needs neither.
 */
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/**
 * Opens a regular file for reading; the caller closes it. It examines the open file and not the path, which may name another file a
 * moment later.
 *
 * @throws the platform's error (`ENOENT`, `EACCES`, …); `EISDIR` for a directory; `'ERR_MILLRACE_NOT_A_REGULAR_FILE'` for a
 *   pipe, socket or device. All have `code` and `path`.
 */
export function openRegular(path: string | Buffer): { readonly file: number; readonly stats: Stats } {
  const file = openNotSocket(path);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw notRegular(path, stats);
    return { file, stats };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function openNotSocket(path: string | Buffer): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    // A socket can't be opened, and the platform's message for that ("no such device") is misleading.
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
    throw fileError('ERR_MILLRACE_NOT_A_REGULAR_FILE', 'is not a regular file', path, error);
  }
}

function notRegular(path: string | Buffer, stats: Stats): Error {
  if (stats.isDirectory()) return fileError('EISDIR', 'is a directory', path);
  return fileError('ERR_MILLRACE_NOT_A_REGULAR_FILE', 'is not a regular file', path);
}

/** An error about a file, with `code` and `path` as the platform's own have them. */
export function fileError(code: string, what: string, path: string | Buffer, cause?: unknown): Error {
  const name = path.toString();
  const error = new Error(`${code}: ${name} ${what}`, cause === undefined ? {} : { cause });
  return Object.assign(error, { code, path: name });
}
