import type { Output } from '../output.ts';
import type { JobLog } from './joblog.ts';

/** Bytes that a pipe takes as a whole or not at all, so that a process that is killed leaves no half of a line in it. */
const atomicBytes = 4096;

/**
 * Output with a log: the text of a line is written first, and its entry is logged afterwards. If a run is killed between
 * the two, the run that resumes it prints the line again; no line is lost.
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

  /**
   * @returns a promise if the pending text had to be written first, since both exceed 4 KiB together: await it before the
   *   next call.
   */
  add(text: string, entry: string): Promise<void> | undefined {
    const full = this.#text.length + text.length > atomicBytes;
    if (full) this.#flush();
    this.#text += text;
    this.#entries += entry;
    this.#turn ??= setImmediate(() => this.#flush());
    return full ? this.#writing : undefined;
  }

  /** Writes and logs what is pending; resolves when that is done. */
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
