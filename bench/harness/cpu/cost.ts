/** CPU nanoseconds a task, by the threads that spent them. */
export interface Cost {
  readonly main: number;
  readonly workers: number;
  /** V8's helpers (garbage collection, compilation) and libuv's pool. */
  readonly other: number;
}

export type CpuRow = 'empty' | 'compute';

/** What a child is told to do next: so many tasks of one kind. */
export interface Turn {
  readonly row: CpuRow;
  readonly count: number;
}

export function combined(a: Cost, b: Cost, combine: (a: number, b: number) => number): Cost {
  return {
    main: combine(a.main, b.main),
    workers: combine(a.workers, b.workers),
    other: combine(a.other, b.other),
  };
}
