import type { Writable } from 'node:stream';

/** Characters or bytes collected before they are written: a system call per line would cost more than the hashing. */
const chunkSize = 32 * 1024;

/** Standard output: collected in chunks, with back-pressure, and quiet about a reader that went away. */
export class Output {
  readonly #stream: Writable;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #text = '';

  /** @param readerGone called when nobody reads any more (`| head`). */
  constructor(stream: Writable, readerGone: () => void) {
    this.#stream = stream;
    // Node writes to pipes synchronously: a slow reader would block the whole thread, and with it Ctrl-C.
    (stream as { _handle?: { setBlocking?: (blocking: boolean) => void } })._handle?.setBlocking?.(false);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') readerGone();
      else throw error;
    });
  }

  /** Resolves when the reader has kept up: await it before the next one. Undefined: nothing to wait for. */
  write(text: string | Buffer): Promise<void> | undefined {
    if (typeof text === 'string') this.#text += text;
    else {
      this.#chunks.push(Buffer.from(this.#text), text);
      this.#size += this.#text.length + text.length;
      this.#text = '';
    }
    return this.#size + this.#text.length >= chunkSize ? this.flush() : undefined;
  }

  /** Writes what has been collected; resolves when the stream has taken it. */
  flush(): Promise<void> {
    const chunk = Buffer.concat([...this.#chunks.splice(0), Buffer.from(this.#text)]);
    this.#size = 0;
    this.#text = '';
    return new Promise((resolve) => {
      if (chunk.length === 0) resolve();
      else this.#stream.write(chunk, () => resolve());
    });
  }
}
