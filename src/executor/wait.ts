import { checkOptions, milliseconds, oneOf } from '../base/options.ts';
import { Timer } from '../base/timer.ts';
import { jobsOf } from './as-completed.ts';
import { Future } from '../scheduler/job/future.ts';
import type { Job, SettlementListener } from '../scheduler/job/job.ts';

export interface WaitOptions {
  /** Wait for all of them (default), for one of them, or until one has failed. */
  readonly until?: 'all' | 'first' | 'first-error';
  /** Milliseconds to wait at the most; its passing is no error. Default: none. */
  readonly timeoutMs?: number;
}

/** The futures by whether they had ended when the wait was over; both in the order given. */
export interface WaitResult<F extends Future<unknown>> {
  readonly done: F[];
  readonly pending: F[];
}

/**
 * Waits for futures without reading their results; the counterpart of Python's `concurrent.futures.wait`. A
 * cancellation is an end, but no error.
 *
 * @throws {InvalidOptionError} for a bad option, `TypeError` for something that is not a future.
 */
export async function wait<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitOptions = {},
): Promise<WaitResult<F>> {
  const { until = 'all', timeoutMs } = checkOptions('wait option', options, checks);
  const all = jobsOf(futures);
  const unfinished = new Set<Job>();
  let over = false;
  for (const job of all) {
    if (job.done) over ||= endsWait(job, until);
    else unfinished.add(job);
  }
  if (!over && unfinished.size > 0) await settlement(unfinished, until, timeoutMs);
  const done: F[] = [];
  const pending: F[] = [];
  for (const job of all) (job.done ? done : pending).push(Future.of(job) as F);
  return { done, pending };
}

const checks = { until: oneOf('all', 'first', 'first-error'), timeoutMs: milliseconds };

function endsWait(job: Job, until: WaitOptions['until']): boolean {
  return until === 'first' || (until === 'first-error' && job.status === 'rejected');
}

async function settlement(
  unfinished: Set<Job>,
  until: WaitOptions['until'],
  timeoutMs: number | undefined,
): Promise<void> {
  let timer: Timer | undefined;
  let listener: SettlementListener | undefined;
  await new Promise<void>((resolve) => {
    listener = {
      settled(job) {
        unfinished.delete(job);
        if (unfinished.size === 0 || endsWait(job, until)) resolve();
      },
    };
    for (const job of unfinished) job.onSettled(listener);
    if (timeoutMs !== undefined) timer = new Timer(timeoutMs, resolve);
  });
  timer?.cancel();
  for (const job of unfinished) if (listener !== undefined) job.offSettled(listener);
}
