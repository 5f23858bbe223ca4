import type { Writable } from 'node:stream';

/** Bytes that are written at once: what a pipe of Linux holds. */
const batch = 64 * 1024;

/** Control characters, the newline aside, and those of the second half of Latin-1 in UTF-8. */
// oxlint-disable-next-line no-control-regex
const controls = /[\0-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/g;

export interface OutputOptions {
  /** Called for each piece, to write it: a progress bar makes way. */
  readonly around?: (write: () => void) => void;
  /** The stream takes no more. */
  readonly failed?: (error: NodeJS.ErrnoException) => void;
}

/**
 * Standard output, or error, in large pieces. What is written in one turn of the event loop, or `batch`, leaves in one
 * system call: a line is never kept back until the next one comes.
 *
 * ```
 *   write ─→ text ─ 64 KiB, or the turn is over ─→ stream ─ full ─→ behind ─ drain ─→ …
 * ```
 * While the stream is behind, `write` answers with a promise, and whoever waits for it holds no more than one batch.
 * Nothing else of the process stands still meanwhile. A terminal gets `?` for control characters, as from find and ls:
 * a file's name could move the cursor, or worse.
 */
export class Output {
  readonly #stream: Writable;
  readonly #isTerminal: boolean;
  readonly #around: (write: () => void) => void;
  #text = '';
  #turn: NodeJS.Immediate | undefined;
  #behind: Promise<void> | undefined;
  #resume: () => void = () => {};
  #broken = false;

  constructor(stream: Writable & { readonly isTTY?: boolean }, options: OutputOptions = {}) {
    this.#stream = stream;
    this.#isTerminal = stream.isTTY === true;
    this.#around = options.around ?? ((write) => write());
    dontBlock(stream);
    stream.on('drain', () => this.#caughtUp());
    stream.on('error', (error) => {
      if (this.#broken) return;
      this.break();
      options.failed?.(error);
    });
  }

  /**
   * @param text whole lines, a character for each byte.
   * @returns a promise if the reader is behind: wait for it before the next `write`.
   */
  write(text: string): Promise<void> | undefined {
    if (this.#broken) return undefined;
    this.#text += text;
    if (this.#text.length >= batch) this.flush();
    else this.#turn ??= setImmediate(() => this.flush());
    return this.#behind;
  }

  /** Hands over what was written, unless the stream is behind. */
  flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    if (this.#behind !== undefined || this.#text === '') return;
    const text = this.#isTerminal ? this.#text.replaceAll(controls, '?') : this.#text;
    this.#text = '';
    this.#around(() => {
      if (this.#stream.write(text, 'latin1')) return;
      this.#behind = new Promise((resolve) => {
        this.#resume = resolve;
      });
    });
  }

  /** Resolves when all has been written. */
  async end(): Promise<void> {
    this.flush();
    while (this.#behind !== undefined) await this.#behind;
    // The stream's own callback: `write` may have returned before the bytes are out.
    if (!this.#broken) await new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
  }

  /** What comes from now on is dropped, and nobody waits. */
  break(): void {
    this.#broken = true;
    this.#text = '';
    this.#caughtUp();
  }

  #caughtUp(): void {
    const resume = this.#resume;
    this.#behind = undefined;
    this.flush();
    resume();
  }
}

/**
 * Node writes to a terminal so that the whole thread waits when it is slow, and signals wait with it. (It writes to a
 * file in the same way, which is never slow, and to a pipe it does not, whatever its documentation says.)
 */
function dontBlock(stream: Writable): void {
  const { _handle: handle } = stream as { _handle?: { setBlocking?: (blocking: boolean) => void } };
  handle?.setBlocking?.(false);
}
