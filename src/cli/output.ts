import type { Writable } from 'node:stream';
import { fromText, toText } from './byte-path.ts';
import { shown } from '../base/printable.ts';

/** Bytes of one write: the capacity of a pipe on Linux. */
const batch = 64 * 1024;

/** Writes a piece, and calls `written` when the stream has taken it. */
export type Write = (written: () => void) => void;

export interface OutputOptions {
  /** Called for each piece, to write it: a progress line makes way. */
  readonly around?: (write: Write) => void;
  /** Called when the stream has failed. */
  readonly failed?: (error: NodeJS.ErrnoException) => void;
}

/**
 * Standard output, or error, in large pieces, one at a time. What is written in one turn of the event loop leaves in one
 * system call: a line is never kept back until the next one comes.
 *
 * ```
 *   write ─→ text ─ 64 KiB, or the turn is over, and no piece under way ─→ piece ─→ stream
 * ```
 * If a batch of text waits while a piece is under way, `write` returns a promise; a caller that awaits it never has more than these
 * two in memory. The rest of the process continues meanwhile.
 *
 * A terminal gets `?` for what is not safe to show, as from find and ls: a file's name could move the cursor, or worse.
 * Anything else gets each byte as it is.
 */
export class Output {
  readonly #stream: Writable;
  readonly #isTerminal: boolean;
  readonly #around: (write: Write) => void;
  readonly #tell: (error: NodeJS.ErrnoException) => void;
  #text = '';
  #turn: NodeJS.Immediate | undefined;
  #piece: Promise<void> | undefined;
  #broken = false;

  constructor(stream: Writable & { readonly isTTY?: boolean }, options: OutputOptions = {}) {
    this.#stream = stream;
    this.#isTerminal = stream.isTTY === true;
    this.#around = options.around ?? ((write) => write(() => {}));
    dontBlock(stream);
    this.#tell = options.failed ?? (() => {});
    stream.on('error', (error) => this.#failed(error));
  }

  /** Called before the caller that awaits the piece continues. */
  #failed(error: NodeJS.ErrnoException): void {
    if (this.#broken) return;
    this.break();
    this.#tell(error);
  }

  /** Has something been dropped, or could it not be written? */
  get broken(): boolean {
    return this.#broken;
  }

  /**
   * @param text whole lines, a character for each byte.
   * @returns a promise if the reader is behind: wait for it before the next `write`.
   */
  write(text: string): Promise<void> | undefined {
    if (this.#broken) return undefined;
    this.#text += text;
    if (this.#text.length < batch) {
      this.#turn ??= setImmediate(() => this.flush());
      return undefined;
    }
    this.flush();
    return this.#text === '' ? undefined : this.#piece;
  }

  /** Hands over what was written, unless a piece is under way. */
  flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    if (this.#piece !== undefined || this.#text === '') return;
    const text = this.#isTerminal ? fromText(shown(toText(this.#text))) : this.#text;
    this.#text = '';
    // Before the write, which calls back at once on some platforms (Bun).
    let end: () => void;
    this.#piece = new Promise((resolve) => (end = resolve));
    this.#around((written) =>
      this.#stream.write(text, 'latin1', (error) => {
        if (error != null) this.#failed(error);
        written();
        this.#piece = undefined;
        this.flush();
        end();
      }),
    );
  }

  /** Resolves when all has been written. */
  async end(): Promise<void> {
    this.flush();
    while (this.#piece !== undefined) await this.#piece;
  }

  /** Drops all further output. */
  break(): void {
    this.#broken = true;
    this.#text = '';
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
