import type { BatchAnswerMessage } from '../../index.ts';

/** Successive tasks of one function in one thread. */
export interface Run {
  readonly functionId: number;
  /** A position of the batch that stands for all of them; that of the task itself, if it is one. */
  readonly position: number;
  /** Milliseconds on the main thread's `performance.now()`. */
  readonly start: number;
  readonly end: number;
  readonly count: number;
  /** Total run time of the tasks in milliseconds, without the time between them. */
  readonly ranMs: number;
}

/** Most tasks of which all are read; of a larger answer, the number of samples. */
const mostRead = 16;
/** The number of samples if the whole answer took no longer than `widestGapMs`. */
const fewest = 4;
/** If two samples are further apart, all tasks between them are read, so that no slow task is missed. Milliseconds. */
const widestGapMs = 1;

/**
 * Reads the tasks of an answer, in the order in which they ran. In a large batch samples stand for their neighbours, so that reading
 * costs the same for 16 tasks and for 256.
 */
export function readAnswer({ batch, from, to }: BatchAnswerMessage, tell: (run: Run) => void): void {
  const single = (position: number): void => {
    if (!batch.ran(position)) return;
    const start = batch.startedAt(position);
    const end = Math.max(start, batch.endedAt(position));
    tell({ functionId: batch.functionId(position), position, start, end, count: 1, ranMs: end - start });
  };
  const total = to - from;
  if (total <= mostRead) {
    for (let position = from; position < to; position++) single(position);
    return;
  }
  const samples = isQuick() ? fewest : mostRead;
  let last = -1;
  for (let sample = 0; sample < samples; sample++) {
    const position = from + Math.floor((sample * (total - 1)) / (samples - 1));
    if (!batch.ran(position)) continue;
    between(last, position);
    single(position);
    last = position;
  }
  // The last samples may have been taken back.
  for (let position = Math.max(from, last + 1); position < to; position++) single(position);

  function isQuick(): boolean {
    if (!batch.ran(from) || !batch.ran(to - 1)) return false;
    return batch.endedAt(to - 1) - batch.startedAt(from) <= widestGapMs;
  }

  /** Tasks that were taken back run elsewhere. */
  function ranWithin(first: number, end: number): number {
    let count = 0;
    for (let position = first; position < end; position++) if (batch.ran(position)) count++;
    return count;
  }

  function between(a: number, b: number): void {
    if (a === -1) {
      for (let position = from; position < b; position++) single(position);
      return;
    }
    const start = batch.endedAt(a);
    const end = batch.startedAt(b);
    const count = batch.allRan ? b - a - 1 : ranWithin(a + 1, b);
    if (count === 0) return;
    // One task alone is told as itself: a run of one task is taken for the task at its position.
    if (count === 1 || end - start > widestGapMs) {
      for (let position = a + 1; position < b; position++) single(position);
      return;
    }
    const eachMs = (batch.endedAt(a) - batch.startedAt(a) + batch.endedAt(b) - batch.startedAt(b)) / 2;
    const ranMs = Math.max(0, Math.min(end - start, eachMs * count));
    const functionId = batch.functionId(a);
    tell({ functionId, position: a, start, end: Math.max(start, end), count, ranMs });
  }
}
