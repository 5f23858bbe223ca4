import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { OutputLine, Printed } from '../wire/output-line.ts';

/** Those of the threads that have not ended. */
const open = new Set<Printer>();

/** The process is about to end, and the threads with it. */
function catchAllUp(): void {
  for (const printer of open) printer.catchUp();
}

/**
 * Prints what one thread prints, in its order. It comes on a port of its own, so that it can be read when nothing else must be:
 * by a process that exits. Whoever reads something else of the thread calls `catchUp` first, so that what a task has
 * printed is printed before it settles.
 */
export class Printer {
  readonly line: OutputLine;
  readonly #port: MessagePort;
  readonly #posted: Int32Array;
  readonly #unreadable: (error: unknown) => void;
  #printed = 0;
  /** Read and not yet written, all of one stream. */
  readonly #chunks: (string | Uint8Array)[] = [];
  #fd: Printed['fd'] = 1;
  /** Does the thread want to know when they are written? */
  #asked = false;

  /** @param unreadable told of what is no output: a task has got hold of the port. */
  constructor(unreadable: (error: unknown) => void) {
    const { port1, port2 } = new MessageChannel();
    const posted = new SharedArrayBuffer(4);
    this.line = { port: port2, posted };
    this.#port = port1;
    this.#posted = new Int32Array(posted);
    this.#unreadable = unreadable;
    port1.on('message', (message: unknown) => {
      this.#take(message);
      this.catchUp();
    });
    port1.unref();
    if (open.size === 0) process.on('exit', catchAllUp);
    open.add(this);
  }

  /** Prints all that the thread has posted so far. */
  catchUp(): void {
    const posted = Atomics.load(this.#posted, 0);
    while (((posted - this.#printed) | 0) > 0) {
      const got = receiveMessageOnPort(this.#port);
      if (got === undefined) break;
      this.#take(got.message);
    }
    this.#write();
  }

  /** The thread has ended. */
  close(): void {
    this.catchUp();
    this.#port.close();
    open.delete(this);
    if (open.size === 0) process.off('exit', catchAllUp);
  }

  #take(message: unknown): void {
    this.#printed = (this.#printed + 1) | 0;
    if (!isPrinted(message))
      return this.#unreadable(new TypeError('the thread sent something that is no output'));
    if (message.fd !== this.#fd) this.#write();
    this.#fd = message.fd;
    this.#chunks.push(message.chunk);
    this.#asked ||= message.ask;
  }

  /**
   * Writes what has been read of one stream at once: a pipe holds few small writes, and a process that exits loses what its
   * pipe has no room for.
   */
  #write(): void {
    if (this.#chunks.length === 0) return;
    const fd = this.#fd;
    const written = this.#asked ? () => this.#port.postMessage(fd) : undefined;
    const chunks = this.#chunks.splice(0);
    this.#asked = false;
    print(fd === 1 ? process.stdout : process.stderr, joined(chunks), written);
  }
}

function joined(chunks: readonly (string | Uint8Array)[]): string | Uint8Array {
  if (chunks.every((chunk) => typeof chunk === 'string')) return chunks.join('');
  return Buffer.concat(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
}

function isPrinted(message: unknown): message is Printed {
  const { fd, chunk } = (message ?? {}) as Partial<Printed>;
  return (fd === 1 || fd === 2) && (typeof chunk === 'string' || chunk instanceof Uint8Array);
}

const ignore = (): void => {};
/** Streams that have failed. */
const failed = new WeakSet<NodeJS.WriteStream>();

/** An error of a stream that is closed (`| head`) counts for nothing, as with `console.log`. */
function print(stream: NodeJS.WriteStream, chunk: string | Uint8Array, written?: () => void): void {
  stream.once('error', ignore);
  try {
    stream.write(chunk, (error) => {
      if (error && !failed.has(stream)) {
        failed.add(stream);
        // Node opens its standard streams again after an error, so that each write has its own.
        stream.on('error', () => {});
      }
      written?.();
    });
  } catch {
    // As with `console.log`.
  } finally {
    stream.removeListener('error', ignore);
  }
}
