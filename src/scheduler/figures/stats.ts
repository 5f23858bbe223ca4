import type { Percentiles } from './histogram.ts';
import type { Job } from '../job/job.ts';
import { RollingHistogram } from './rolling-histogram.ts';

/**
 * The counts of an executor at one instant. Always
 * `submitted = waiting + refused + pending + running + suspended + fulfilled + rejected + cancelled`.
 */
export interface ExecutorStats {
  /** The option `workers`: the most worker threads. */
  readonly workers: number;
  /** Worker threads that are up or starting: from 0 to `workers`. */
  readonly threads: number;
  /** Workers that have work; a cancelled task that has not returned counts as work. */
  readonly busy: number;
  /** Unsettled tasks that a thread executes at this instant. */
  readonly running: number;
  /**
   * Tasks that wait in their threads: for their own tasks or another task's items (these hold no place meanwhile), or for the reader
   * of their items or a source (these do). Without those that hold no place `running + pending + suspended ≤ capacity`.
   */
  readonly suspended: number;
  /** Admitted tasks that are neither running, suspended nor settled; a task whose result is on its way counts here. */
  readonly pending: number;
  /** Estimated bytes that count against `maxPendingBytes`. */
  readonly pendingBytes: number;
  /** Tasks without a place: submitted by waiting callers or running tasks, or pulled by streams. */
  readonly waiting: number;
  /** Tasks submitted so far; the next four count how they have ended. */
  readonly submitted: number;
  readonly fulfilled: number;
  readonly rejected: number;
  readonly cancelled: number;
  /** Tasks that were never admitted: no place, `maxWaitMs` or `deadlineMs` passed in line, executor closed, or no thread starts. */
  readonly refused: number;
  /** Milliseconds from start to end, of tasks that ended in a worker within the last 50 to 60 seconds. */
  readonly runTimeMs: Percentiles;
  /** Milliseconds from submission to start, of the same tasks. */
  readonly waitTimeMs: Percentiles;
  /** True if callers wait, no place is free, or `pendingBytes` has reached its bound: `submit()` would wait. */
  readonly saturated: boolean;
}

/** The counts that only grow, and the two histograms. */
export class Counters {
  submitted = 0;
  refused = 0;
  fulfilled = 0;
  rejected = 0;
  cancelled = 0;
  /** Of the submitted tasks, those that loops over a source have pulled. */
  fromStreams = 0;
  /** Of the submitted tasks, those that running tasks have submitted. */
  fromTasks = 0;
  readonly runTime: RollingHistogram = new RollingHistogram();
  readonly waitTime: RollingHistogram = new RollingHistogram();

  settled(job: Job, status: 'fulfilled' | 'rejected' | 'cancelled'): void {
    this[status]++;
    if (job.startedAt === undefined || job.endedAt === undefined) return;
    this.runTime.record(job.endedAt - job.startedAt, job.endedAt);
    this.waitTime.record(job.startedAt - job.submittedAt, job.endedAt);
  }
}
