import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory and its parents, as `mkdir -p` does.
 *
 * Not with Node's `recursive`: that tries forever, deaf to signals, where a directory that is there answers ENOENT, as /proc does and a
 * directory that was deleted.
 */
export function makeDirectory(path: string): void {
  make(resolve(path));
}

function make(path: string): void {
  if (isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) make(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have been faster.
    if (!isDirectory(path)) throw error;
  }
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
