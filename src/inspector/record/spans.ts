import type { Run } from './read-answer.ts';

/** A span of a thread's time: successive tasks of one function. */
export interface Span {
  readonly worker: number;
  /** By `Functions`. */
  functionSlot: number;
  readonly start: number;
  end: number;
  count: number;
  /** Run time of the tasks in milliseconds; less than the span if there are gaps. */
  ranMs: number;
}

/** Tasks with a shorter mean run time may share a span. Milliseconds. */
const shortMs = 2;
/** Longest gap between tasks that share a span, in milliseconds. */
const gapMs = 1;
/** Longest span of short tasks, so that the page can show its density. Milliseconds. */
const longestMs = 25;
/** If a thread has more spans in a frame, short tasks of any function share one. */
const manySpans = 24;

/** The spans of one executor's threads since the last frame. Neighbouring short tasks share one. */
export class Spans {
  readonly #limit: number;
  #spans: Span[] = [];
  readonly #latest: (Span | undefined)[] = [];
  readonly #counts: number[] = [];
  /** Number of runs beyond the limit. */
  dropped = 0;

  /** @param limit most spans in a frame. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(worker: number, functionSlot: number, { start, end, count, ranMs }: Run): void {
    const latest = this.#latest[worker];
    if (latest !== undefined && this.#joins(latest, worker, functionSlot, { start, end, count, ranMs })) {
      // The function that took most of the span gives it its colour.
      if (latest.functionSlot !== functionSlot && ranMs > latest.ranMs) latest.functionSlot = functionSlot;
      latest.end = Math.max(latest.end, end);
      latest.count += count;
      latest.ranMs += ranMs;
      return;
    }
    if (this.#spans.length >= this.#limit) {
      this.dropped++;
      return;
    }
    const span: Span = { worker, functionSlot, start, end, count, ranMs };
    this.#spans.push(span);
    this.#latest[worker] = span;
    this.#counts[worker] = (this.#counts[worker] ?? 0) + 1;
  }

  /** What there is, once. */
  take(): Span[] {
    const spans = this.#spans;
    this.#spans = [];
    this.#latest.length = 0;
    this.#counts.length = 0;
    return spans;
  }

  #joins(
    latest: Span,
    worker: number,
    functionSlot: number,
    run: Omit<Run, 'functionId' | 'position'>,
  ): boolean {
    const crowded = (this.#counts[worker] ?? 0) >= manySpans;
    const factor = crowded ? 4 : 1;
    if (latest.functionSlot !== functionSlot && !crowded) return false;
    if (run.ranMs / run.count > shortMs * factor || latest.ranMs / latest.count > shortMs * factor)
      return false;
    return run.start - latest.end <= gapMs * factor && run.end - latest.start <= longestMs * factor;
  }
}

/** Spans as in a frame: six numbers for each. */
export function packed(spans: readonly Span[], now: number): number[] {
  return spans.flatMap(({ worker, functionSlot, start, end, count, ranMs }) => [
    worker,
    functionSlot,
    Math.round((now - start) * 100),
    Math.max(1, Math.round((end - start) * 100)),
    count,
    end > start ? Math.min(100, Math.round((100 * ranMs) / (end - start))) : 100,
  ]);
}
