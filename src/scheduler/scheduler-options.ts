import type { UnobservedErrorHandler } from './job/unobserved.ts';

/** What a scheduler is told of its executor's options, with their defaults. */
export interface SchedulerOptions {
  /** What messages call the executor. */
  readonly name: string;
  readonly workers: number;
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  readonly maxWaiting: number;
  readonly maxTasksPerWorker: number;
  readonly interruptGraceMs: number;
  readonly onUnobservedError?: UnobservedErrorHandler | undefined;
}
