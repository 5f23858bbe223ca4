import { TaskTimeoutError } from '../../base/errors.ts';
import { endedThread } from '../../scheduler/dispatch/workers/crash.ts';
import type { Job } from '../../scheduler/job/job.ts';
import type { FailureKind, RemoteOutcome } from '../wire/reply-wire.ts';

/** How a job of this host has ended, for its producer. */
export function outcomeOf(job: Job, position: number): RemoteOutcome {
  const now = performance.now();
  const { startedAt, endedAt, status, value } = job;
  const times = {
    beganAgoMs: startedAt === undefined ? undefined : now - startedAt,
    endedAgoMs: startedAt === undefined || endedAt === undefined ? undefined : now - endedAt,
  };
  if (status === 'fulfilled') return { position, ...times, status, value };
  return { position, ...times, status: 'failed', kind: kindOf(job), reason: value };
}

function kindOf({ id, status, value }: Job): FailureKind {
  if (status === 'cancelled') return 'cancelled';
  // A task of its own may have failed in the same way, and then it threw.
  if (endedThread(value)) return 'crashed';
  const isOwn = value instanceof TaskTimeoutError && value.message.startsWith(`task ${id} (`);
  return isOwn ? 'timeout' : 'threw';
}
