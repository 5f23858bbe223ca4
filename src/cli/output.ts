import type { Writable } from 'node:stream';

/** Characters that are written at once: what a pipe of Linux holds. */
const batch = 64 * 1024;

/**
 * Standard output, or error, in large pieces. What is written in one turn of the event loop, or `batch`, leaves in one
 * system call: a line is never kept back until the next one comes.
 *
 * ```
 *   write ─→ text ─ 64 KiB, or the turn is over ─→ stream ─ full ─→ behind ─ drain ─→ …
 * ```
 * While the stream is behind, `write` answers with a promise, and whoever waits for it holds no more than one batch.
 * Nothing else of the process stands still meanwhile.
 */
export class Output {
  readonly #stream: Writable;
  readonly #encoding: BufferEncoding;
  readonly #around: (write: () => void) => void;
  #text = '';
  #turn: NodeJS.Immediate | undefined;
  #behind: Promise<void> | undefined;
  #broken = false;

  /** @param around is called for each piece, to write it: a progress bar makes way. */
  constructor(
    stream: Writable,
    encoding: BufferEncoding,
    around: (write: () => void) => void = (write) => write(),
  ) {
    this.#stream = stream;
    this.#encoding = encoding;
    this.#around = around;
  }

  /** A promise if the reader is behind: wait for it before the next `write`. */
  write(text: string): Promise<void> | undefined {
    if (this.#broken) return undefined;
    this.#text += text;
    if (this.#text.length >= batch) this.#flush();
    else this.#turn ??= setImmediate(() => this.#flush());
    return this.#behind;
  }

  /** Resolves when all has been written. */
  async end(): Promise<void> {
    this.#flush();
    while (this.#behind !== undefined) await this.#behind;
    // The stream's own callback: for a pipe, `write` may have returned before the bytes are out.
    if (!this.#broken) await new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
  }

  /** The stream takes no more: what comes is dropped, and nobody waits. */
  break(): void {
    this.#broken = true;
    this.#text = '';
  }

  #flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    if (this.#behind !== undefined || this.#text === '' || this.#broken) return;
    const bytes = Buffer.from(this.#text, this.#encoding);
    this.#text = '';
    this.#around(() => {
      if (!this.#stream.write(bytes)) this.#behind = this.#drained();
    });
  }

  async #drained(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#stream.once('drain', resolve);
      this.#stream.once('error', () => resolve());
    });
    this.#behind = undefined;
    this.#flush();
  }
}
