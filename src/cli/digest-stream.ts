import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { algorithmOf } from '../tasks/ready-made/digest.ts';
import { toSystem } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { openInput } from './input.ts';

/**
 * Computes the digest of an input that can be read only once: standard input (`-`), a pipe, a device. This thread reads
 * it: a worker that reads a silent pipe could not be ended, and would keep the process alive.
 *
 * @throws the platform's error; `ERR_MILLRACE_NO_WRITER` for a named pipe that no process writes to, instead of waiting.
 */
export async function digestStream(path: BytePath, algorithm: string): Promise<string> {
  const { begin } = await algorithmOf(algorithm);
  const digest = begin();
  for await (const bytes of path === '-' ? standardInput() : special(path)) digest.update(bytes);
  return digest.digest('hex');
}

/** Standard input; empty if an earlier operand has read it to its end. */
function standardInput(): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  return process.stdin.readableEnded ? [] : openInput('-');
}

async function* special(path: BytePath): AsyncGenerator<Uint8Array, undefined> {
  const file = openSync(toSystem(path), constants.O_RDONLY | constants.O_NONBLOCK);
  if (!fstatSync(file).isFIFO()) {
    yield* createReadStream('', { fd: file }) as AsyncIterable<Uint8Array>;
    return;
  }
  const first = readNow(file);
  if (first?.length === 0 && !isOpenAlready.test(path)) {
    closeSync(file);
    throw Object.assign(new Error('no process writes to this pipe'), { code: 'ERR_MILLRACE_NO_WRITER' });
  }
  if (first !== undefined) yield first;
  yield* new Socket({ fd: file, readable: true, writable: false }) as AsyncIterable<Uint8Array>;
}

/** Paths of pipes that the shell has opened: if the writer has left already, the input is empty and no error. */
const isOpenAlready = /^\/(?:dev\/(?:stdin$|fd\/)|proc\/)/;

/** Reads what a pipe holds: empty if it has no writer, undefined if its writer has not written yet. */
function readNow(file: number): Uint8Array | undefined {
  const buffer = Buffer.allocUnsafe(64 * 1024);
  try {
    return buffer.subarray(0, readSync(file, buffer));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    closeSync(file);
    throw error;
  }
}
