import { createHash } from 'node:crypto';
import type { Task } from '../../index.ts';
import type { BytePath } from '../byte-path.ts';
import { numberedLines, valueOf } from '../json-lines.ts';
import type { NumberedLine } from '../json-lines.ts';

/** Bytes of JSON that are read of a large file, so that it does not fill the memory. */
const mostBytes = 64 * 1024 * 1024;

export type ToTask = (value: unknown) => Task<unknown>;

/** A task, and the number of the line that its argument comes from, from 1. */
export interface Sample {
  readonly line: number;
  readonly task: Task<unknown>;
}

export interface Samples {
  readonly samples: readonly Sample[];
  /** Number of the last line that was read, if reading stopped at the limit; undefined if all was read. */
  readonly cutAfter: number | undefined;
}

/** A line of the input is no JSON, or its task has failed. `cause` says why. */
export class LineError extends Error {
  override readonly name = 'LineError';
  readonly line: number;

  constructor(line: number, cause: unknown) {
    super(`line ${line} has failed`, { cause });
    this.line = line;
  }
}

/**
 * Makes a task for each line of the input, in a shuffled order that is the same each time: a file may be sorted by size,
 * and a short measurement reaches only the first samples.
 *
 * @param most bytes of JSON to read; the line that reaches this limit is the last.
 * @throws {LineError} for the first line that is no JSON; the platform's error if the file can't be read.
 */
export async function readSamples(
  input: BytePath | undefined,
  toTask: ToTask,
  most: number = mostBytes,
): Promise<Samples> {
  const samples: Sample[] = [];
  let bytesRead = 0;
  let cutAfter: number | undefined;
  for await (const each of numberedLines(input)) {
    const { line, bytes } = each;
    samples.push({ line, task: toTask(read(each)) });
    bytesRead += bytes?.length ?? 0;
    if (bytesRead < most) continue;
    cutAfter = line;
    break;
  }
  return { samples: shuffled(samples), cutAfter };
}

function read(line: NumberedLine): unknown {
  try {
    return valueOf(line);
  } catch (error) {
    throw new LineError(line.line, error);
  }
}

/** Sorts by a digest of the line's number. */
function shuffled(samples: readonly Sample[]): Sample[] {
  return samples
    .map((sample) => ({ sample, key: createHash('sha1').update(String(sample.line)).digest('hex') }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ sample }) => sample);
}
