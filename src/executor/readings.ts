import { Future } from '../scheduler/job/future.ts';
import type { Outcome } from '../scheduler/job/future.ts';
import type { Job } from '../scheduler/job/job.ts';

/** The future, whatever became of it. */
export const readFuture = (job: Job): Future<unknown> => Future.of(job);

/** The result; what the task failed with is thrown. */
export function readResult(job: Job): unknown {
  job.observe();
  if (job.status === 'fulfilled') return job.value;
  throw job.value;
}

/** The result or the failure, as a value. */
export function readOutcome(job: Job): Outcome<unknown> {
  job.observe();
  return Future.outcomeOf(job);
}
