import type { Job } from './job.ts';
import type { PendingQueue } from './pending-queue.ts';

/** Bounds of one delivery. */
export interface BatchLimits {
  /** Expected run time of all its jobs, milliseconds. */
  readonly budgetMs: number;
  /** Jobs. */
  readonly maxJobs: number;
  /** Bytes of arguments that are copied. */
  readonly maxBytes: number;
  /** May a job be taken for which something moves? It can't be recalled from its worker. */
  readonly mayMove: boolean;
}

/**
 * Takes from the queue what travels in one delivery: at least one job if there is any that may travel,
 * and never one that a less urgent job would get in front of.
 *
 * A job travels alone when stopping it may end its thread, when its arguments could not be cloned along with others,
 * or when nobody knows how long its function runs.
 *
 * @param estimateMs expected run time of a job, undefined if unknown.
 */
export function fillBatch(
  queue: PendingQueue,
  limits: BatchLimits,
  estimateMs: (job: Job) => number | undefined,
): Job[] {
  const batch: Job[] = [];
  let totalMs = 0;
  let totalBytes = 0;
  for (let job = queue.peek(); job !== null; job = queue.peek()) {
    if (job.transfer !== undefined && !limits.mayMove) break;
    const ms = job.travelsAlone ? undefined : estimateMs(job);
    totalMs += ms ?? Infinity;
    // What moves is not copied, and costs the same whatever its size.
    if (job.transfer === undefined) totalBytes += job.bytes;
    const fits = totalMs <= limits.budgetMs && totalBytes <= limits.maxBytes && batch.length < limits.maxJobs;
    if (batch.length > 0 && !fits) break;
    queue.remove(job);
    batch.push(job);
    if (!fits) break;
  }
  return batch;
}

/**
 * A worker's fair share of what is pending: guided self-scheduling (Polychronopoulos & Kuck 1987), a P-th of what is
 * left, so that deliveries shrink towards the end and all workers finish together.
 */
export function fairShare(pending: number, workers: number): number {
  return Math.ceil(pending / workers);
}
