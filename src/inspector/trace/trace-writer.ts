import { closeSync, fstatSync, ftruncateSync, renameSync } from 'node:fs';
import { resolve } from 'node:path';
import { MillraceError } from '../../index.ts';
import { beingWritten, joinSegments, openNew, openOwn, writeAll, writeAllSync } from './segments.ts';

export interface TraceBounds {
  readonly maxBytes: number;
  /** Undefined: keep all events until the file has `maxBytes`. */
  readonly lastMs: number | undefined;
}

/** Bytes that may wait to be written. While more wait, new events are left out. */
const mostWaiting = 16 * 1024 * 1024;
/** Bytes kept free for the last note and the end of a file. */
const reserve = 512;
const end = '\n]\n';

/**
 * A file of trace events: a JSON array. Each event is a line that begins with its comma, and each write holds whole lines. If the
 * process is killed, the file becomes valid JSON by adding `]`; Perfetto reads it without.
 *
 * With `lastMs` there are two segments. When the newer one has lasted `lastMs` or has half of `maxBytes`, it becomes `PATH.old` and
 * replaces the older one.
 *
 * ```
 * open ──→ full | failed          each ──→ closed
 * ```
 */
export class TraceWriter {
  readonly path: string;
  /** The absolute path: the process may change its directory before the next segment. */
  readonly #file: string;
  readonly #bounds: TraceBounds;
  /** Returns the events that each segment begins with. */
  readonly #head: () => readonly string[];
  readonly #failed: (error: MillraceError) => void;
  readonly #isFile: boolean;
  #fd: number;
  #written = 0;
  #segmentBegan = performance.now();
  #hasOld = false;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  /** Bytes that a background write has not finished. */
  #flight: Buffer | undefined;
  #state: 'open' | 'full' | 'failed' | 'closed' = 'open';
  /** Events left out since the last note about it, because the disk was too slow or a segment had no room. */
  #dropped = 0;
  error: MillraceError | undefined;

  /**
   * @param head returns the events that each segment begins with; at least one.
   * @param failed called once, when a write fails.
   * @throws {MillraceError} if the file can't be opened.
   */
  constructor(
    path: string,
    bounds: TraceBounds,
    head: () => readonly string[],
    failed: (error: MillraceError) => void,
  ) {
    this.path = path;
    this.#file = resolve(path);
    this.#bounds = bounds;
    this.#head = head;
    this.#failed = failed;
    try {
      this.#fd = openNew(this.#file);
      this.#isFile = fstatSync(this.#fd).isFile();
      this.#begin();
      if (this.#isFile) beingWritten.add(this.#file);
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  /** @param event one event, or several that must stay together, as `event\n,event`. */
  add(event: string): void {
    if (this.#waitingBytes > mostWaiting) return void this.#dropped++;
    this.#waiting.push(event);
    this.#waitingBytes += Buffer.byteLength(event) + 2;
  }

  /** Writes the added events in the background, unless a write is already on its way. */
  flush(): void {
    if (this.#writing !== undefined || this.#state !== 'open') return;
    let text;
    try {
      text = this.#take();
    } catch (error) {
      return this.#fail(error);
    }
    if (text === undefined) return;
    const bytes = (this.#flight = Buffer.from(text));
    this.#writing = writeAll(this.#fd, bytes, this.#position).then(
      () => {
        this.#written += bytes.length;
        this.#writing = this.#flight = undefined;
      },
      (error: unknown) => {
        this.#writing = this.#flight = undefined;
        this.#fail(error);
      },
    );
  }

  /** Writes the remaining events, ends the array and joins the two segments. */
  async close(): Promise<void> {
    await this.#writing;
    this.closeNow();
  }

  /** `close`, synchronously: for a process that is about to exit. */
  closeNow(): void {
    if (this.#state === 'closed') return;
    try {
      if (this.#state === 'open') {
        // The process exits before the background write is known to finish: write its bytes again, at the same position.
        if (this.#flight !== undefined && this.#isFile) this.#put(this.#flight);
        const text = this.#take();
        if (text !== undefined) this.#put(text);
        if (this.#state === 'open') this.#put(end);
      }
      if (this.#hasOld && this.#state !== 'failed') {
        joinSegments(`${this.#file}.old`, this.#file, end.length);
        this.#hasOld = false;
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#release();
    beingWritten.delete(this.#file);
    this.#state = 'closed';
  }

  /** Offset of the next byte; null for a pipe or a device, which has no offsets. */
  get #position(): number | null {
    return this.#isFile ? this.#written : null;
  }

  #put(text: string | Buffer): void {
    this.#written += writeAllSync(this.#fd, Buffer.from(text), this.#position);
  }

  /**
   * Takes the waiting events as whole lines. At a limit it starts the next segment or, without `lastMs`, ends the file.
   *
   * @returns undefined if nothing is left to write.
   */
  #take(): string | undefined {
    if (this.#waiting.length === 0) return undefined;
    const { lastMs, maxBytes } = this.#bounds;
    const most = lastMs === undefined ? maxBytes : maxBytes / 2;
    const isFull = this.#written + this.#waitingBytes + reserve > most;
    if (lastMs !== undefined && (isFull || performance.now() - this.#segmentBegan > lastMs)) {
      this.#turn();
      this.#leaveOut(most - this.#written - reserve);
    } else if (isFull) return this.#fill(most);
    return this.#drain();
  }

  /** Leaves out the oldest waiting events until the rest fits into `room` bytes. */
  #leaveOut(room: number): void {
    let first = 0;
    for (; this.#waitingBytes > room && first < this.#waiting.length; first++)
      this.#waitingBytes -= Buffer.byteLength(this.#waiting[first] as string) + 2;
    this.#waiting.splice(0, first);
    this.#dropped += first;
  }

  #drain(): string {
    let text = this.#waiting.map((event) => `,${event}\n`).join('');
    if (this.#dropped > 0) text += `,${note(`${this.#dropped} events were left out`)}\n`;
    this.#dropped = 0;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return text;
  }

  /** Writes the oldest waiting events that fit, and ends the file. */
  #fill(most: number): undefined {
    let text = '';
    let room = most - this.#written - reserve;
    for (const event of this.#waiting) {
      room -= Buffer.byteLength(event) + 2;
      if (room < 0) break;
      text += `,${event}\n`;
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#put(`${text},${note('the trace is full (maxBytes)')}${end}`);
    this.#state = 'full';
    return undefined;
  }

  /**
   * Closes the file, but not while a background write uses its descriptor, whose number could soon be another file's. That is the case
   * only when the process is about to exit.
   */
  #release(): void {
    if (this.#flight === undefined) closeSync(this.#fd);
  }

  #turn(): void {
    writeAllSync(this.#fd, Buffer.from(end), this.#position);
    renameSync(this.#file, `${this.#file}.old`);
    this.#hasOld = true;
    const next = openOwn(this.#file);
    this.#release();
    this.#fd = next;
    this.#begin();
  }

  #begin(): void {
    this.#segmentBegan = performance.now();
    this.#written = 0;
    this.#put(`[${this.#head().join('\n,')}\n`);
  }

  #fail(error: unknown): void {
    if (this.#state === 'failed') return;
    this.#state = 'failed';
    this.#waiting = [];
    this.error = cannotWrite(this.path, error);
    try {
      // The failed write may have cut a line: keep what was written before it.
      if (this.#isFile) ftruncateSync(this.#fd, this.#written);
    } catch {
      // The file stays as it is.
    }
    this.#failed(this.error);
  }
}

/** An event about the trace itself. */
function note(name: string): string {
  const micros = Math.round(performance.now() * 1000);
  return `{"ph":"i","name":"${name}","ts":${micros},"pid":0,"tid":0,"s":"g"}`;
}

function cannotWrite(path: string, cause: unknown): MillraceError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError('ERR_MILLRACE_TRACE', `the trace can't be written to ${path}: ${why}`, { cause });
}
