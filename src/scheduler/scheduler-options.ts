import type { ExecutorIdentity } from './executor-id.ts';
import type { UnobservedErrorHandler } from './job/unobserved.ts';

/** The options of an executor that its scheduler uses, checked and with defaults filled in; see `ExecutorOptions`. */
export interface SchedulerOptions extends ExecutorIdentity {
  readonly workers: number;
  readonly minWorkers: number;
  readonly idleTimeoutMs: number;
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  readonly maxWaiting: number;
  readonly maxTasksPerWorker: number;
  readonly interruptGraceMs: number;
  readonly onUnobservedError?: UnobservedErrorHandler | undefined;
}
