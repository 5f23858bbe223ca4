import { WorkerCrashedError } from '../../../base/errors.ts';
import type { Batch } from '../backend.ts';
import type { Job } from '../../job/job.ts';

/** How a thread ended. */
export interface ThreadEnd {
  readonly exitCode: number | undefined;
  readonly cause: unknown;
}

/** A job is given up when this many threads have died with it as their next job. */
const maxFalseStarts = 3;

/** The jobs of a dead thread: those that are lost with it, and those that can run elsewhere, in their order. */
export interface Remains {
  readonly lost: readonly { readonly job: Job; readonly error: WorkerCrashedError }[];
  readonly returned: readonly Job[];
}

/** Errors of jobs that ran when their thread ended; not errors that a job passes on from a child job. */
const ofRunning = new WeakSet<object>();

/** Is this the error of a job that ran when its thread ended? With a retry left the job would have run again. */
export function endedThread(error: unknown): boolean {
  return typeof error === 'object' && error !== null && ofRunning.has(error);
}

/**
 * Sorts the jobs of a batch whose thread has ended. The running job and finished, unanswered jobs are lost; unbegun jobs run
 * elsewhere. The claim words outlive the thread, so nothing here is a guess.
 *
 * | claim    | then |
 * |----------|---|
 * | sent     | returned; lost if its objects had moved to the thread and have not come back, or if it is `next` and three threads have died before they could begin it: its arguments may be what kills them |
 * | running, moved | returned if it may be retried, else lost |
 * | finished | lost, `finished: true`: it must not run twice, and its result went with the thread |
 */
export function sortOut(batch: Batch<Job>, end: ThreadEnd, next?: Job): Remains {
  const lost: { job: Job; error: WorkerCrashedError }[] = [];
  const returned: Job[] = [];
  for (let position = batch.answered; position < batch.jobs.length; position++) {
    const job = batch.jobs[position] as Job;
    if (job.batch !== batch) continue;
    const claim = batch.claim(position);
    const runs = claim === 'running' || claim === 'moved';
    const begins = claim === 'sent' && (job !== next || ++job.falseStarts < maxFalseStarts);
    const mayRun = begins || (runs && job.retriesLeft > 0);
    if (mayRun && !job.done && !job.moved) {
      if (runs) job.retriesLeft--;
      returned.push(job);
    } else {
      const error = crashed(job, claim === 'finished', claim === 'sent', end);
      if (runs) ofRunning.add(error);
      lost.push({ job, error });
    }
  }
  return { lost, returned };
}

/**
 * The job that a dead thread would have begun next; undefined if the thread was running a job, which is then to blame.
 *
 * @param batches oldest first.
 */
export function nextOf(batches: readonly Batch<Job>[]): Job | undefined {
  for (const batch of batches) {
    for (let position = batch.answered; position < batch.jobs.length; position++) {
      const claim = batch.claim(position);
      const job = batch.jobs[position] as Job;
      if ((claim === 'running' || claim === 'moved') && job.batch === batch) return undefined;
      if (claim === 'sent') return job;
    }
  }
  return undefined;
}

function crashed(job: Job, finished: boolean, unbegun: boolean, { exitCode, cause }: ThreadEnd) {
  const what = finished
    ? 'ended before the result of this task arrived'
    : unbegun
      ? job.moved
        ? 'ended with the buffers that had moved to it'
        : `ended before it began this task, as ${maxFalseStarts - 1} others had before it`
      : 'ended while it ran this task';
  const message = `the worker thread ${what} (${job.label}, exit code ${exitCode ?? 'unknown'})`;
  return new WorkerCrashedError(message, { exitCode, cause, task: job.label, finished });
}
