import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { OutputLine, Printed } from '../wire/output-line.ts';

/** The printers of threads that have not ended. */
const open = new Set<Printer>();

/** The process is about to exit, and its threads with it: prints everything they have posted. */
function catchAllUp(): void {
  for (const printer of open) printer.catchUp();
}

/**
 * Prints the output of one thread, in order. Output has a port of its own, so that an exiting process can read it and nothing else.
 * Code that reads other messages of the thread calls `catchUp` first, so that a task's output is printed before the task
 * settles.
 */
export class Printer {
  readonly line: OutputLine;
  readonly #port: MessagePort;
  readonly #posted: Int32Array;
  readonly #unreadable: (error: unknown) => void;
  #printed = 0;
  /** Chunks that were read and not yet written, all of one stream. */
  readonly #chunks: (string | Uint8Array)[] = [];
  #fd: Printed['fd'] = 1;
  /** Has the thread asked to be told when they are written? */
  #asked = false;

  /** @param unreadable called for a message that is not output: a task has got hold of the port. */
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
      return this.#unreadable(new TypeError('the thread sent something that is not output'));
    if (message.fd !== this.#fd) this.#write();
    this.#fd = message.fd;
    this.#chunks.push(message.chunk);
    this.#asked ||= message.ask;
  }

  /**
   * Writes the chunks of one stream in one piece: a pipe holds few small writes, and an exiting process loses the output
   * that its pipe has no room for.
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

/** Ignores errors of a closed stream (`| head`), as `console.log` does. */
function print(stream: NodeJS.WriteStream, chunk: string | Uint8Array, written?: () => void): void {
  // Each thread has a listener on the stream: one more of ours could make Node warn of a leak.
  if (stream.listenerCount('error') === 0) stream.once('error', ignore);
  try {
    stream.write(chunk, (error) => {
      if (error && !failed.has(stream)) {
        failed.add(stream);
        // Node reopens its standard streams after an error, so each write may emit its own.
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
