import type { Duplex } from 'node:stream';
import type { TransformPair } from 'millrace';

/** Both ends of a stream, whatever it is made of. */
export interface Ends {
  /** Ends when the item has been taken. Others may be written meanwhile: they stand in line in the stream. */
  write(item: unknown): Promise<void>;
  close(): Promise<void>;
  read(): Promise<IteratorResult<unknown, unknown>>;
  /** What the reader does who has had enough. */
  leave(): Promise<void>;
  /** What the writer does who can't go on. */
  abort(reason: Error): Promise<void>;
}

export function endsOfWeb({ writable, readable }: TransformPair<any, unknown>): Ends {
  const writer = writable.getWriter();
  const reader = readable.getReader();
  for (const { closed } of [writer, reader]) closed.catch(() => {});
  return {
    write: (item) => writer.write(item),
    close: () => writer.close(),
    read: () => reader.read(),
    leave: () => reader.cancel(),
    abort: (reason) => writer.abort(reason),
  };
}

export function endsOfNode(stream: Duplex): Ends {
  const items = stream[Symbol.asyncIterator]();
  stream.on('error', () => {});
  const destroyed = async (reason?: Error) => {
    stream.destroy(reason);
    if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
  };
  return {
    write: (item) => promised((done) => stream.write(item, done)),
    close: () => promised((done) => stream.end(done)),
    read: () => items.next(),
    leave: () => destroyed(),
    abort: destroyed,
  };
}

const promised = (start: (done: (error?: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => start((error) => (error == null ? resolve() : reject(error))));
