import process from 'node:process';
import { Writable } from 'node:stream';
import { isolated } from './isolated.ts';
import type { OutputLine, Printed } from '../../wire/output-line.ts';
import { inFreshContext } from '../task-context.ts';

/** Bytes (characters of strings) that a stream accepts before `write()` asks its writer to wait for `drain`. */
const maxUndrained = 64 * 1024;

/**
 * Makes output leave the thread at once. Node's own streams of a thread send one chunk and keep the following ones until the main
 * thread asks for them; the kept chunks are lost when the thread ends.
 */
export function redirectOutput({ port: given, posted }: OutputLine): void {
  const port = isolated(given, 'postMessage');
  const words = new Int32Array(posted);
  const { add } = Atomics;
  const post = (message: Printed) => {
    port.postMessage(message);
    add(words, 0, 1);
  };
  const streams = [new ThreadOutput(1, post), new ThreadOutput(2, post)] as const;
  port.on('message', (fd: number) => streams[fd - 1]?.drained());
  // Output does not keep the thread alive.
  port.unref();
  redirect('stdout', streams[0]);
  redirect('stderr', streams[1]);
}

function redirect(name: 'stdout' | 'stderr', output: ThreadOutput): void {
  const node = process[name] as Writable;
  // A preloaded module may hold the original stream, and so may `console`.
  node._writev = (chunks, callback) => {
    for (const { chunk, encoding } of chunks) output.write(chunk as string, encoding);
    callback();
  };
  Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => output });
}

/**
 * `process.stdout` or `process.stderr` of a thread. All tasks of the thread share it: ending, destroying or corking the stream, or
 * changing its default encoding, only emits the events that the caller may wait for.
 */
class ThreadOutput extends Writable {
  readonly #fd: 1 | 2;
  readonly #post: (message: Printed) => void;
  /** Bytes sent since the main thread last confirmed that it had written everything. */
  #undrained = 0;
  #asked = false;

  constructor(fd: 1 | 2, post: (message: Printed) => void) {
    // This stream never buffers; `write` tells how far the writer is ahead.
    super({ decodeStrings: false, highWaterMark: Number.MAX_SAFE_INTEGER });
    this.#fd = fd;
    this.#post = post;
    // `console.log` adds an error listener while it writes, and can't if a task has frozen the stream.
    variable(this, '_events');
    variable(this, '_eventsCount');
  }

  override write(chunk: unknown, ...rest: unknown[]): boolean {
    super.write(chunk, ...(rest as [BufferEncoding]));
    return !this.#asked;
  }

  override _write(chunk: string | Buffer, encoding: string, callback: () => void): void {
    const text = typeof chunk === 'string' && /^utf-?8$/i.test(encoding);
    // A copy with its own memory: cloning a small Buffer would copy its whole pool.
    const own = text ? chunk : new Uint8Array(Buffer.from(chunk as string, encoding as BufferEncoding));
    this.#undrained += own.length;
    const ask = this.#undrained > maxUndrained && !this.#asked;
    if (ask) this.#asked = true;
    this.#post({ fd: this.#fd, chunk: own, ask });
    callback();
  }

  /** The main thread has written the chunk that asked for it. */
  drained(): void {
    this.#asked = false;
    this.#undrained = 0;
    inFreshContext(() => this.emit('drain'));
  }

  override end(...args: unknown[]): this {
    const callback = args.find((arg) => typeof arg === 'function') as (() => void) | undefined;
    const [chunk, encoding] = args;
    if (chunk !== undefined && chunk !== null && chunk !== callback)
      this.write(chunk, ...(typeof encoding === 'string' ? [encoding] : []));
    if (callback !== undefined) this.once('finish', callback);
    process.nextTick(() => {
      this.emit('finish');
      this.emit('close');
    });
    return this;
  }

  override destroy(): this {
    process.nextTick(() => this.emit('close'));
    return this;
  }

  override cork(): void {}
  override uncork(): void {}
  override setDefaultEncoding(): this {
    return this;
  }
}

/** Keeps the field variable even if the object is frozen. */
function variable(object: object, field: string): void {
  let value: unknown = Reflect.get(object, field);
  const set = (other: unknown): void => {
    value = other;
  };
  Object.defineProperty(object, field, { get: () => value, set });
}
