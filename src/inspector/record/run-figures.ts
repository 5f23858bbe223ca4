import type { Run } from './read-answer.ts';

/** Run times are counted in eight steps for each power of ten, from a microsecond on. */
const stepsPerDecade = 8;
const steps = 9 * stepsPerDecade;

interface FunctionFigures {
  calls: number;
  ranMs: number;
  waitedMs: number;
  longestMs: number;
  failed: number;
  /** Calls by run time. */
  readonly steps: Map<number, number>;
}

/** Run times of the functions of one executor since the last frame. */
export class RunFigures {
  #bySlot = new Map<number, FunctionFigures>();

  ran(slot: number, { count, ranMs }: Run, waitedMs: number): void {
    const figures = this.#of(slot);
    const eachMs = ranMs / count;
    figures.calls += count;
    figures.ranMs += ranMs;
    figures.waitedMs += waitedMs * count;
    figures.longestMs = Math.max(figures.longestMs, eachMs);
    const step = stepOf(eachMs);
    figures.steps.set(step, (figures.steps.get(step) ?? 0) + count);
  }

  failed(slot: number): void {
    this.#of(slot).failed++;
  }

  /** What there is, once: `[slot, calls, run ms, waited ms, longest ms, failed, [step, calls]…]`. */
  take(): (number | number[])[][] {
    const rows = [...this.#bySlot].map(
      ([slot, { calls, ranMs, waitedMs, longestMs, failed, steps: counts }]) => [
        slot,
        calls,
        round(ranMs),
        round(waitedMs),
        round(longestMs),
        failed,
        [...counts].flat(),
      ],
    );
    this.#bySlot.clear();
    return rows;
  }

  #of(slot: number): FunctionFigures {
    let figures = this.#bySlot.get(slot);
    if (figures === undefined) {
      figures = { calls: 0, ranMs: 0, waitedMs: 0, longestMs: 0, failed: 0, steps: new Map() };
      this.#bySlot.set(slot, figures);
    }
    return figures;
  }
}

function stepOf(ms: number): number {
  if (!(ms > 0.001)) return 0;
  return Math.min(steps - 1, Math.round(stepsPerDecade * Math.log10(ms * 1000)));
}

/** Rounds to a microsecond. */
const round = (ms: number): number => Math.round(ms * 1000) / 1000;
