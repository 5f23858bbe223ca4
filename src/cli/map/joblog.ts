import { closeSync, createReadStream, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { toSystem } from '../byte-path.ts';
import type { BytePath } from '../byte-path.ts';
import { readLines } from '../lines.ts';
import { LineSet } from './line-set.ts';
import type { JobLogArguments } from './map-arguments.ts';

/*
 * The log of GNU parallel: a header, and an entry for each line of the input that has ended. A run that was killed may
 * have left half an entry at the end; a run that resumes cuts it off.
 */

const header = 'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n';

/** The entry of a line of the input that has ended. */
export interface LogEntry {
  readonly line: number;
  /** Of the last call: its start in milliseconds since 1970, and its duration in milliseconds. */
  readonly startedAt: number;
  readonly ms: number;
  /** Bytes printed for the line. */
  readonly received: number;
  readonly status: 'ok' | 'failed' | 'timed out';
  /** The function and its argument; each character is one byte (latin1). */
  readonly command: string;
}

export function formatEntry({ line, startedAt, ms, received, status, command }: LogEntry): string {
  const seconds = (ms / 1000).toFixed(3).padStart(10);
  const exit = { ok: '0\t0', failed: '1\t0', 'timed out': '-1\t15' }[status];
  return `${line}\t:\t${(startedAt / 1000).toFixed(3)}\t${seconds}\t0\t${received}\t${exit}\t${command}\n`;
}

export class JobLog {
  /** Lines of the input to skip, since an earlier run has called them. */
  readonly done: LineSet;
  readonly #file: number;

  private constructor(file: number, done: LineSet) {
    this.#file = file;
    this.done = done;
  }

  /** Opens the log, and reads which lines to skip. @throws the platform's error; a `TypeError` if the file is no such log. */
  static async open({ file: path, resume }: JobLogArguments): Promise<JobLog> {
    const file = openSync(toSystem(path), resume === undefined ? 'w' : 'a+');
    try {
      const done = new LineSet();
      const { size } = fstatSync(file);
      const whole =
        resume === undefined
          ? 0
          : await readEntries(path, size, (line, succeeded) => {
              done.set(line, succeeded || resume === 'all');
            });
      if (whole < size) ftruncateSync(file, whole);
      const log = new JobLog(file, done);
      if (whole === 0) log.append(header);
      return log;
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  /** Appends whole lines, in one write if the system takes them at once. */
  append(lines: string): void {
    const bytes = Buffer.from(lines, 'latin1');
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
  }
}

const entry = /^(\d{1,15})(?:\t[^\t]*){5}\t(-?\d+)\t(-?\d+)\t/;

/** Reads the first `size` bytes of a log. @returns how many of them belong to whole lines. */
async function readEntries(
  path: BytePath,
  size: number,
  each: (line: number, succeeded: boolean) => void,
): Promise<number> {
  let whole = 0;
  for await (const bytes of readLines(createReadStream(toSystem(path)) as AsyncIterable<Buffer>)) {
    const text = bytes?.toString('latin1');
    const isHeader = whole === 0;
    if (isHeader && (text === undefined || !header.startsWith(text))) {
      throw new TypeError('is not a log of map or of GNU parallel: its first line differs');
    }
    const end = whole + (bytes?.length ?? 0) + 1;
    if (end > size) break;
    whole = end;
    const [, line, exit, signal] = entry.exec(text ?? '') ?? [];
    if (line !== undefined) each(Number(line), exit === '0' && signal === '0');
  }
  return whole;
}
