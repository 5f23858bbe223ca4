/** The result of one measurement. */
export interface Measurement {
  /** Results per second. */
  readonly perSecond: number;
  /** Median and 99th percentile of the time from a task's submission to its result, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Mean number of CPUs that this process kept busy. */
  readonly cpus: number;
  /** Share of the time in which the main thread was busy, 0 to 1. */
  readonly mainThread: number;
}

/** A setting, and all that was measured there, one measurement for each round. */
export interface Point {
  readonly workers: number;
  /** Tasks submitted and not answered, at every instant of a measurement. */
  readonly outstanding: number;
  readonly rounds: Measurement[];
}

/** A point's medians. */
export interface Figures extends Measurement {
  readonly workers: number;
  readonly outstanding: number;
  /** How far the rounds lie apart: the highest rate less the lowest, as a part of their median. Undefined for one round. */
  readonly spread: number | undefined;
}

/** Medians, so that a busy moment of the machine in one round changes nothing. */
export function figuresOf({ workers, outstanding, rounds }: Point): Figures {
  const middle = (key: keyof Measurement) => median(rounds.map((round) => round[key]));
  const rates = rounds.map(({ perSecond }) => perSecond);
  const perSecond = middle('perSecond');
  const spread = rates.length > 1 ? (Math.max(...rates) - Math.min(...rates)) / perSecond : undefined;
  return {
    workers,
    outstanding,
    perSecond,
    p50Ms: middle('p50Ms'),
    p99Ms: middle('p99Ms'),
    cpus: middle('cpus'),
    mainThread: middle('mainThread'),
    spread,
  };
}

/** Of an even number, the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2;
}
