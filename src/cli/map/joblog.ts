import { closeSync, createReadStream, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { toSystem } from '../byte-path.ts';
import type { BytePath } from '../byte-path.ts';
import { readLines } from '../lines.ts';
import { LineSet } from './line-set.ts';
import type { JobLogArguments } from './map-arguments.ts';

/*
 * The log of GNU parallel: a header, and a line for each line of the input that is through. A run that was killed may have torn
 * the last one, which then says nothing.
 */

const header = 'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n';

/** A line of the input that is through. */
export interface LogEntry {
  readonly line: number;
  /** Of the last call: milliseconds since 1970, and how long it took. */
  readonly startedAt: number;
  readonly ms: number;
  /** Bytes that were printed. */
  readonly received: number;
  readonly status: 'ok' | 'failed' | 'timed out';
  /** What was called, in bytes as characters. */
  readonly command: string;
}

export function formatEntry({ line, startedAt, ms, received, status, command }: LogEntry): string {
  const seconds = (ms / 1000).toFixed(3).padStart(10);
  const exit = { ok: '0\t0', failed: '1\t0', 'timed out': '-1\t15' }[status];
  return `${line}\t:\t${(startedAt / 1000).toFixed(3)}\t${seconds}\t0\t${received}\t${exit}\t${command}\n`;
}

export class JobLog {
  /** Lines of the input that an earlier run has dealt with. */
  readonly done: LineSet;
  readonly #file: number;

  private constructor(file: number, done: LineSet) {
    this.#file = file;
    this.done = done;
  }

  /** Opens the log, and reads what is to be passed over. @throws the platform's error; one for a file that is no such log. */
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

  /** Whole lines, with as few calls of the system as can be. */
  append(lines: string): void {
    const bytes = Buffer.from(lines, 'latin1');
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
  }
}

const entry = /^(\d{1,15})(?:\t[^\t]*){5}\t(-?\d+)\t(-?\d+)\t/;

/** Reads a log of so many bytes. @returns how many of them are whole lines. */
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
      throw new TypeError("is no log of map's or of GNU parallel's, by its first line");
    }
    const end = whole + (bytes?.length ?? 0) + 1;
    if (end > size) break;
    whole = end;
    const [, line, exit, signal] = entry.exec(text ?? '') ?? [];
    if (line !== undefined) each(Number(line), exit === '0' && signal === '0');
  }
  return whole;
}
