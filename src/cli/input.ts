import { constants, createReadStream, fstatSync, openSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { toSystem } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';

const isStandardInput = (path: BytePath | undefined): path is '-' | undefined =>
  path === undefined || path === '-';

/** A file, or standard input for `-` and none at all. @throws the platform's error. */
export function openInput(path: BytePath | undefined): AsyncIterable<Uint8Array> {
  if (isStandardInput(path)) return process.stdin;
  const file = openSync(toSystem(path), constants.O_RDONLY | constants.O_NONBLOCK);
  // Waits for whoever writes to the pipe without holding a thread of libuv's, which the process could not leave behind.
  if (fstatSync(file).isFIFO()) return new Socket({ fd: file, readable: true, writable: false });
  return createReadStream('', { fd: file });
}

/** Typed at a terminal: a progress line would only be in the way. */
export function isTyped(path: BytePath | undefined): boolean {
  return isStandardInput(path) && process.stdin.isTTY;
}

/** How many lines there are; undefined for what can be read only once, or not at all. */
export async function countLines(path: BytePath | undefined): Promise<number | undefined> {
  if (isStandardInput(path)) return undefined;
  let count = 0;
  try {
    if (!statSync(toSystem(path)).isFile()) return undefined;
    for await (const chunk of createReadStream(toSystem(path)) as AsyncIterable<Buffer>) {
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) count++;
    }
  } catch {
    return undefined;
  }
  return count;
}

const newline = 10;
