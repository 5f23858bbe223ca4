import type { Delivery } from './backend.ts';
import type { Job } from '../job/job.ts';
import type { Lane } from './lane.ts';

/** Takes one job out of its delivery, unless the worker has claimed it. True: it will never run there. */
export function takeBack(job: Job): boolean {
  const { delivery } = job;
  if (delivery === null || !delivery.takeBack(job.position)) return false;
  delivery.taken++;
  job.delivery = null;
  return true;
}

/**
 * Takes back the unclaimed jobs of a lane that `wanted` says yes to, up to `limit`, latest first. Those whose
 * buffers have moved to the thread stay: they can't be sent a second time.
 *
 * @returns them in the order in which they had been sent.
 */
export function takeBackFrom(lane: Lane, limit: number, wanted: (job: Job) => boolean): Job[] {
  const taken: Job[] = [];
  for (const delivery of lane.deliveries.toReversed()) {
    for (let position = delivery.jobs.length - 1; position >= delivery.answered; position--) {
      if (taken.length >= limit) return taken.toReversed();
      const job = delivery.jobs[position] as Job;
      if (isMovable(job, delivery) && wanted(job) && takeBack(job)) taken.push(job);
    }
  }
  return taken.toReversed();
}

function isMovable(job: Job, delivery: Delivery<Job>): boolean {
  return job.delivery === delivery && job.status === 'sent' && !job.moved;
}

/** Half of what the lane with most work has not begun; of the next one, if nothing there can be taken. */
export function stealFrom(lanes: readonly Lane[]): Job[] {
  const victims = lanes.filter(({ backlog }) => backlog > 1).toSorted((a, b) => b.backlog - a.backlog);
  for (const victim of victims) {
    const taken = takeBackFrom(victim, Math.ceil(victim.backlog / 2), () => true);
    if (taken.length > 0) return taken;
  }
  return [];
}
