import { constants, createReadStream, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { toSystem } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';

const isStandardInput = (path: BytePath | undefined): path is '-' | undefined =>
  path === undefined || path === '-';

/** Opens a file, or standard input if the path is `-` or undefined. @throws the platform's error. */
export function openInput(path: BytePath | undefined): AsyncIterable<Uint8Array> {
  if (isStandardInput(path)) return standardInput();
  const file = openSync(toSystem(path), constants.O_RDONLY | constants.O_NONBLOCK);
  // A socket waits for the pipe's writer without blocking a thread of libuv, which would keep the process from exiting.
  if (fstatSync(file).isFIFO()) return new Socket({ fd: file, readable: true, writable: false });
  return createReadStream('', { fd: file });
}

/** Standard input. Node turns a directory (`< folder`) into an ended stream; a read throws the proper error instead. */
function standardInput(): AsyncIterable<Uint8Array> {
  const file = process.stdin.fd;
  if (fstatSync(file).isDirectory()) readSync(file, Buffer.alloc(1));
  return process.stdin;
}

/** True if the user types the input at a terminal, where a progress line would be in the way. */
export function isTyped(path: BytePath | undefined): boolean {
  return isStandardInput(path) && process.stdin.isTTY;
}

/** Counts the newlines of a regular file; undefined for any other input, or if the file can't be read. */
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
