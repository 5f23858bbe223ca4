import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { OutputLine } from './thread-output.ts';

/** Something that a thread has printed. */
export interface Printed {
  readonly fd: 1 | 2;
  readonly chunk: string | Uint8Array;
  /** Tell the thread when this was written: its writer is far ahead. */
  readonly ask: boolean;
}

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

  /** @param unreadable told of what is no output: a task has got hold of the port. */
  constructor(unreadable: (error: unknown) => void) {
    const { port1, port2 } = new MessageChannel();
    const posted = new SharedArrayBuffer(4);
    this.line = { port: port2, posted };
    this.#port = port1;
    this.#posted = new Int32Array(posted);
    this.#unreadable = unreadable;
    port1.on('message', (message: unknown) => this.#take(message));
    port1.unref();
    if (open.size === 0) process.on('exit', catchAllUp);
    open.add(this);
  }

  /** Prints all that the thread has posted so far. */
  catchUp(): void {
    const posted = Atomics.load(this.#posted, 0);
    while (((posted - this.#printed) | 0) > 0) {
      const got = receiveMessageOnPort(this.#port);
      if (got === undefined) return;
      this.#take(got.message);
    }
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
    const { fd, chunk, ask } = message;
    print(
      fd === 1 ? process.stdout : process.stderr,
      chunk,
      ask ? () => this.#port.postMessage(fd) : undefined,
    );
  }
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
