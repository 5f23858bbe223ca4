import type { Percentiles } from './histogram.ts';
import type { Job } from '../job/job.ts';
import { RollingHistogram } from './rolling-histogram.ts';

/** An executor at one instant. `submitted = waiting + refused + pending + running + suspended + fulfilled + rejected + cancelled`. */
export interface ExecutorStats {
  /** Worker threads that the executor keeps. */
  readonly workers: number;
  /** Workers that have something to do, a cancelled task that has not returned included. */
  readonly busy: number;
  /** Tasks that a thread executes at this instant. */
  readonly running: number;
  /** Tasks that wait for tasks that they have submitted themselves; they hold no place meanwhile. */
  readonly suspended: number;
  /** Tasks admitted and neither running, suspended nor settled; a result on its way back counts here. */
  readonly pending: number;
  /** Estimated bytes of arguments of tasks that have not started. */
  readonly pendingBytes: number;
  /** Callers that wait in `submit()`, and tasks that streams have pulled and that have no place yet. */
  readonly waiting: number;
  readonly submitted: number;
  readonly fulfilled: number;
  readonly rejected: number;
  readonly cancelled: number;
  /** Tasks that were never admitted: saturated, waited too long, or closed. */
  readonly refused: number;
  /** Milliseconds from start to end, of tasks that ended in a worker within the last minute. */
  readonly runTimeMs: Percentiles;
  /** Milliseconds from submission to start, of the same. */
  readonly waitTimeMs: Percentiles;
  /** Would `submit()` wait now? */
  readonly saturated: boolean;
}

/** Counts that only grow, and the two histograms. */
export class Counters {
  submitted = 0;
  refused = 0;
  fulfilled = 0;
  rejected = 0;
  cancelled = 0;
  readonly runTime: RollingHistogram = new RollingHistogram();
  readonly waitTime: RollingHistogram = new RollingHistogram();

  settled(job: Job, status: 'fulfilled' | 'rejected' | 'cancelled'): void {
    this[status]++;
    if (job.startedAt === undefined || job.endedAt === undefined) return;
    this.runTime.record(job.endedAt - job.startedAt, job.endedAt);
    this.waitTime.record(job.startedAt - job.submittedAt, job.endedAt);
  }
}
