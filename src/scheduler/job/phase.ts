import { TaskTimeoutError } from '../../base/errors.ts';
import type { TaskPhase } from '../../base/errors.ts';
import type { Job } from './job.ts';

/** Where an unsettled job stands. */
export function phaseOf(job: Job): TaskPhase {
  if (job.status === 'waiting') return 'waiting';
  if (job.status !== 'sent' || job.batch === null || !job.running) return 'pending';
  return job.asParent?.holdsPlace === false ? 'suspended' : 'running';
}

/** The error of an unsettled job whose `deadlineMs` has passed. */
export function deadlineError(job: Job, deadlineMs: number): TaskTimeoutError {
  const phase = phaseOf(job);
  const message = `task ${job.id} (${job.label}) was ${phase} when its deadline of ${deadlineMs} ms passed`;
  return new TaskTimeoutError(message, phase);
}

/** The error of a job that has run longer than its `timeoutMs`. */
export function timeoutError({ id, label, options }: Job): TaskTimeoutError {
  const message = `task ${id} (${label}) ran longer than its timeout of ${options.timeoutMs} ms`;
  return new TaskTimeoutError(message, 'running');
}
