import { Job } from '../../../src/scheduler/job/job.ts';
import type { JobOwner } from '../../../src/scheduler/job/job.ts';
import { tasks } from '../../../src/tasks/task-makers.ts';
import { workUrl } from './cluster.ts';

const remote = tasks<typeof import('../../fixtures/remote.mjs')>(workUrl);

/** A job that a thread has claimed a minute ago. */
export function claimed(id: number, claim: 'running' | 'finished' = 'running'): Job {
  const job = new Job(id, remote.add(1, 2), {}, 0, { cancel: () => true } as unknown as JobOwner);
  job.transitionTo('queued');
  job.transitionTo('sent');
  job.batch = { place: 0, claim: () => claim, startedAt: () => performance.now() - 60_000 };
  return job;
}
