import type { Output } from '../output.ts';
import type { JobLog } from './joblog.ts';

/** Bytes that a pipe takes as a whole or not at all: a process that is killed leaves no half of a line in it. */
const atomicBytes = 4096;

/**
 * Output with a log: what a line prints is written first, and the line is logged when that is out. A run that is killed
 * between the two prints the line again when it is resumed, and leaves none out.
 *
 * ```
 *   add() ─→ texts, entries ─ 4 KiB, or the turn is over ─→ texts written ─→ entries logged
 * ```
 */
export class Journal {
  readonly #output: Output;
  readonly #log: JobLog;
  #text = '';
  #entries = '';
  #turn: NodeJS.Immediate | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(output: Output, log: JobLog) {
    this.#output = output;
    this.#log = log;
  }

  /** @returns a promise if the reader is behind: wait for it before the next one. */
  add(text: string, entry: string): Promise<void> | undefined {
    const full = this.#text.length + text.length > atomicBytes;
    if (full) this.#flush();
    this.#text += text;
    this.#entries += entry;
    this.#turn ??= setImmediate(() => this.#flush());
    return full ? this.#writing : undefined;
  }

  /** Resolves when all has been written and logged. */
  async end(): Promise<void> {
    this.#flush();
    await this.#writing;
  }

  #flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    const [text, entries] = [this.#text, this.#entries];
    if (entries === '') return;
    this.#text = '';
    this.#entries = '';
    this.#writing = this.#writing.then(async () => {
      void this.#output.write(text);
      await this.#output.end();
      if (!this.#output.broken) this.#log.append(entries);
    });
  }
}
