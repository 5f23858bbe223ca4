import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** The lines of a stream without their newlines, read only as fast as they are taken. */
export async function* linesOf(stream: Readable, encoding: BufferEncoding): AsyncGenerator<string> {
  stream.setEncoding(encoding);
  let rest = '';
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** A file, or standard input for `-` and none at all. */
export function openInput(path: string | undefined): Readable {
  return path === undefined || path === '-' ? process.stdin : createReadStream(path);
}
