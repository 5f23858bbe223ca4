import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { algorithmOf } from '../tasks/ready-made/digest.ts';
import { toSystem } from './byte-path.ts';
import type { BytePath } from './byte-path.ts';
import { openInput } from './input.ts';

/**
 * The digest of what can be read only once: standard input (`-`), a pipe, a device. It is read on this thread: in a worker a
 * pipe that nothing comes through would hold up the end of the process.
 *
 * @throws the platform's error; one for a named pipe that no process writes to, which would hold up everything.
 */
export async function digestStream(path: BytePath, algorithm: string): Promise<string> {
  const { begin } = await algorithmOf(algorithm);
  const digest = begin();
  for await (const bytes of path === '-' ? standardInput() : special(path)) digest.update(bytes);
  return digest.digest('hex');
}

/** Named once more, it is at its end. */
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
    throw Object.assign(new Error('no process writes to this pipe'), { code: 'ERR_NO_WRITER' });
  }
  if (first !== undefined) yield first;
  yield* new Socket({ fd: file, readable: true, writable: false }) as AsyncIterable<Uint8Array>;
}

/** What the shell has opened: its writer may have left already, and that is the end of it. */
const isOpenAlready = /^\/(?:dev\/(?:stdin$|fd\/)|proc\/)/;

/** What a pipe holds: nothing at all without a writer, undefined with one that has not written yet. */
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
