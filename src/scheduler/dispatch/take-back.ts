import type { Batch } from './backend.ts';
import type { Job } from '../job/job.ts';
import type { Lane } from './workers/lane.ts';

/** The batch that carries a job which the dispatcher has sent. */
export function batchOf(job: Job): Batch<Job> | null {
  return job.batch as Batch<Job> | null;
}

/** Takes one job out of its batch, unless the worker has claimed it. True: the job will never run in that batch. */
export function takeBack(job: Job): boolean {
  const batch = batchOf(job);
  if (batch === null || !batch.takeBack(job.position)) return false;
  batch.taken++;
  job.batch = null;
  return true;
}

/**
 * Takes back unclaimed jobs of a lane for which `wanted` returns true, at most `limit`, latest first. Jobs whose objects have moved
 * to the thread stay: they can't be sent again.
 *
 * @returns the jobs in the order in which they had been sent.
 */
export function takeBackFrom(lane: Lane, limit: number, wanted: (job: Job) => boolean): Job[] {
  const taken: Job[] = [];
  for (const batch of lane.batches.toReversed()) {
    for (let position = batch.jobs.length - 1; position >= batch.answered; position--) {
      if (taken.length >= limit) return taken.toReversed();
      const job = batch.jobs[position] as Job;
      if (isMovable(job, batch) && wanted(job) && takeBack(job)) taken.push(job);
    }
  }
  return taken.toReversed();
}

function isMovable(job: Job, batch: Batch<Job>): boolean {
  return job.batch === batch && job.status === 'sent' && !job.moved;
}

/** Takes back up to half of the jobs of the lane with the most unanswered jobs; of the next lane, if none can be taken there. */
export function stealFrom(lanes: readonly Lane[]): Job[] {
  const victims = lanes.filter(({ backlog }) => backlog > 1).toSorted((a, b) => b.backlog - a.backlog);
  for (const victim of victims) {
    const taken = takeBackFrom(victim, Math.ceil(victim.backlog / 2), () => true);
    if (taken.length > 0) return taken;
  }
  return [];
}
