import { HostLostError, InvalidTaskError } from '../../base/errors.ts';
import type { Job } from '../../scheduler/job/job.ts';
import { timeoutError } from '../../scheduler/job/phase.ts';
import type { RemoteOutcome, Reply } from '../wire/reply-wire.ts';
import type { RemoteBatch } from './remote-batch.ts';

/** The end of a job in a batch: it has settled, or runs again. */
export type RemoteEnd =
  | {
      readonly job: Job;
      readonly how: 'fulfilled' | 'rejected';
      readonly value: unknown;
      /** The host or the thread ended while the job ran. */
      readonly why?: 'crashed';
      /** Run time of a job that ended by itself, in milliseconds. */
      readonly ranMs?: number | undefined;
    }
  | { readonly job: Job; readonly how: 'again'; readonly ranMs?: undefined };

/** Most hosts that may return a job for a reason of theirs before it fails. */
const maxReturns = 3;

/**
 * Reads a host's reply: notes which jobs run, and returns those that have ended. Skips jobs that no longer belong to this
 * batch, so a reply may arrive twice.
 */
export function readReply(batch: RemoteBatch, reply: Reply, running: Set<Job>): RemoteEnd[] {
  const now = performance.now();
  for (const [position, agoMs] of reply.began) {
    const job = batch.jobAt(position);
    if (job === undefined) continue;
    batch.began(position, now - agoMs);
    running.add(job);
  }
  for (const position of reply.offThread) {
    const job = batch.jobAt(position);
    if (job !== undefined) running.delete(job);
  }
  const ends: RemoteEnd[] = [];
  for (const outcome of reply.outcomes) {
    const job = batch.jobAt(outcome.position);
    if (job !== undefined) ends.push(endOf(job, batch, outcome, now));
  }
  for (const position of reply.doubtful) {
    const job = batch.jobAt(position);
    const what = `a host before ${reply.host} may have begun`;
    if (job !== undefined) ends.push(inDoubt(job, what));
  }
  for (const position of reply.returned) {
    const job = batch.jobAt(position);
    if (job === undefined) continue;
    if (reply.why !== undefined && ++job.falseStarts >= maxReturns)
      ends.push({ job, how: 'rejected', value: new InvalidTaskError(reply.why) });
    else ends.push({ job, how: 'again' });
  }
  return ends;
}

function endOf(job: Job, batch: RemoteBatch, outcome: RemoteOutcome, now: number): RemoteEnd {
  const { beganAgoMs, endedAgoMs } = outcome;
  const ranMs =
    beganAgoMs === undefined || endedAgoMs === undefined ? undefined : Math.max(0, beganAgoMs - endedAgoMs);
  if (outcome.status === 'failed' && outcome.kind === 'crashed' && job.retriesLeft > 0 && !job.done) {
    job.retriesLeft--;
    // Sent alone the next time, which shows whether this job was the cause.
    job.alone = true;
    return { job, how: 'again' };
  }
  if (!job.done && ranMs !== undefined && endedAgoMs !== undefined) {
    job.endedAt = now - endedAgoMs;
    job.startedAt = Math.max(job.endedAt - ranMs, batch.sentAt);
    job.endedAt = Math.max(job.endedAt, job.startedAt);
  }
  if (outcome.status === 'fulfilled') return { job, how: 'fulfilled', value: outcome.value, ranMs };
  const crashed = outcome.kind === 'crashed' ? ({ why: 'crashed' } as const) : {};
  return { job, how: 'rejected', value: reasonOf(job, outcome), ranMs, ...crashed };
}

/** A timeout is told anew: the host's error names the task by the host's own number. */
function reasonOf(job: Job, { kind, reason }: Extract<RemoteOutcome, { status: 'failed' }>): unknown {
  return kind === 'timeout' ? timeoutError(job) : reason;
}

/** The end of a job that may have begun, and whose outcome is lost. */
export function inDoubt(job: Job, what: string): RemoteEnd {
  if (job.retriesLeft > 0) {
    job.retriesLeft--;
    job.alone = true;
    return { job, how: 'again' };
  }
  return lost(job, what);
}

/** As `inDoubt`, where nothing could run the job again. */
export function lost(job: Job, what: string): RemoteEnd {
  const begun = job.running ? true : 'unknown';
  const message = `${what} task ${job.id} (${job.label}), and is gone: whether the task has run is unknown`;
  return {
    job,
    how: 'rejected',
    value: new HostLostError(message, { task: job.label, begun }),
    why: 'crashed',
  };
}

/** The end of a job that has run, and whose result went missing: it must not run again. */
export function resultLost(job: Job): RemoteEnd {
  const message = `task ${job.id} (${job.label}) has run, but its result is gone: something else deleted it from Redis`;
  const value = new HostLostError(message, { task: job.label, begun: true, finished: true });
  return { job, how: 'rejected', value, why: 'crashed' };
}
