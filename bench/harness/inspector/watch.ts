import type { CpuRow } from '../cpu/cost.ts';

/** How a process is looked at. */
export const watches = ['off', 'viewed', 'own thread', 'trace'] as const;
export type Watch = (typeof watches)[number];

/** What a child is told to do next: so many tasks of one kind. */
export interface WatchTurn {
  readonly row: CpuRow;
  readonly count: number;
}
