import type { Outcome } from '../base/outcome.ts';
import { Future } from '../scheduler/job/future.ts';
import type { OfFuture } from '../scheduler/job/future.ts';
import type { Job } from '../scheduler/job/job.ts';

/* What the reader of a loop gets from a job that has ended. */

/** The future of a job, however the job ended. */
export const readFuture = (job: Job): Future<unknown> => Future.of(job);

/** The result of a job; throws what the task threw, or the reason of its cancellation. */
export function readResult(job: Job): unknown {
  job.observe();
  if (job.status === 'fulfilled') return job.value;
  throw job.value;
}

/** The result or failure of a job as a value, with its future. */
export function readOutcome(job: Job): Outcome<unknown, OfFuture<unknown>> {
  job.observe();
  return Future.outcomeOf(job);
}
