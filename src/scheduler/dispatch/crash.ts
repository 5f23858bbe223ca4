import { WorkerCrashedError } from '../../base/errors.ts';
import type { Delivery } from './backend.ts';
import type { Job } from '../job/job.ts';

/** How a thread ended. */
export interface ThreadEnd {
  readonly exitCode: number | undefined;
  readonly cause: unknown;
}

/** Threads that may die with a job as their next one before it is given up. */
const maxFalseStarts = 3;

/** What a dead thread had in hand: jobs that are lost with it, and jobs that can run elsewhere, in their order. */
export interface Remains {
  readonly lost: readonly { readonly job: Job; readonly error: WorkerCrashedError }[];
  readonly returned: readonly Job[];
}

/**
 * Sorts out a delivery whose thread has ended. Only the job that it was running is lost; what it had not begun runs
 * elsewhere. The claim words outlive the thread, so nothing here is a guess.
 *
 * | claim    | then |
 * |----------|---|
 * | sent     | returned; lost if its buffers had moved to the thread and have not come back, or if it is the `next` one and three threads have died before they could begin it: its arguments may be what kills them |
 * | running, moved | returned if it may be retried, else lost |
 * | finished | lost, `finished: true`: it must not run twice, and its result went with the thread |
 */
export function sortOut(delivery: Delivery<Job>, end: ThreadEnd, next?: Job): Remains {
  const lost: { job: Job; error: WorkerCrashedError }[] = [];
  const returned: Job[] = [];
  for (let position = delivery.answered; position < delivery.jobs.length; position++) {
    const job = delivery.jobs[position] as Job;
    if (job.delivery !== delivery) continue;
    const claim = delivery.claim(position);
    const runs = claim === 'running' || claim === 'moved';
    const begins = claim === 'sent' && (job !== next || ++job.falseStarts < maxFalseStarts);
    const mayRun = begins || (runs && job.retriesLeft > 0);
    if (mayRun && !job.done && !job.moved) {
      if (runs) job.retriesLeft--;
      returned.push(job);
    } else {
      lost.push({ job, error: crashed(job, claim === 'finished', claim === 'sent', end) });
    }
  }
  return { lost, returned };
}

/**
 * What a thread that has died would have begun next; undefined if it was running something, which is then to blame.
 *
 * @param deliveries oldest first.
 */
export function nextOf(deliveries: readonly Delivery<Job>[]): Job | undefined {
  for (const delivery of deliveries) {
    for (let position = delivery.answered; position < delivery.jobs.length; position++) {
      const claim = delivery.claim(position);
      const job = delivery.jobs[position] as Job;
      if ((claim === 'running' || claim === 'moved') && job.delivery === delivery) return undefined;
      if (claim === 'sent') return job;
    }
  }
  return undefined;
}

function crashed(job: Job, finished: boolean, unbegun: boolean, { exitCode, cause }: ThreadEnd) {
  const what = finished
    ? 'ended before the result of this task had arrived'
    : unbegun
      ? job.moved
        ? 'ended with the buffers that had moved to it'
        : `ended, as ${maxFalseStarts - 1} others had before, when it had received this task and not begun it`
      : 'ended while it ran this task';
  const message = `the worker thread ${what} (${job.label}, exit code ${exitCode ?? 'unknown'})`;
  return new WorkerCrashedError(message, { exitCode, cause, task: job.label, finished });
}
