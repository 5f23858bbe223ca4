import { isAborted, offAbort, onAbort, reasonOf } from '../base/on-abort.ts';
import type { Abortable } from '../base/on-abort.ts';
import { abortSignal, checkOptions, milliseconds, oneOf } from '../base/options.ts';
import { Timer } from '../base/timer.ts';
import { jobsOf } from './as-completed.ts';
import { Future } from '../scheduler/job/future.ts';
import type { Job, SettlementListener } from '../scheduler/job/job.ts';

/** Options of `wait()`. */
export interface WaitOptions {
  /** Wait until all futures have ended (default), until one has ended, or until one has failed or all have ended. */
  readonly until?: 'all' | 'first' | 'first-error';
  /** The most milliseconds to wait, from 0 to 2,147,483,647; `wait()` then resolves. Default: no limit. */
  readonly timeoutMs?: number;
  /** Ends the wait: `wait()` rejects with the signal's reason. The tasks go on. */
  readonly signal?: AbortSignal;
}

/** The futures that had ended when the wait was over, and the others; both in the order given. */
export interface WaitResult<F extends Future<unknown>> {
  readonly done: F[];
  readonly pending: F[];
}

/**
 * Waits for futures without reading their results; the counterpart of Python's `concurrent.futures.wait`. A cancelled future has
 * ended, but has not failed.
 *
 * Rejects with `InvalidOptionError` for a bad option and for a value that is not a future, and with the signal's reason.
 */
export async function wait<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitOptions = {},
): Promise<WaitResult<F>> {
  const { until = 'all', timeoutMs, signal } = checkOptions('wait option', options, checks);
  const all = jobsOf(futures);
  if (signal !== undefined && isAborted(signal)) throw reasonOf(signal);
  const unfinished = new Set<Job>();
  let over = false;
  for (const job of all) {
    if (job.done) over ||= endsWait(job, until);
    else unfinished.add(job);
  }
  if (!over && unfinished.size > 0) await settlement(unfinished, { until, timeoutMs, signal });
  const done: F[] = [];
  const pending: F[] = [];
  for (const job of all) (job.done ? done : pending).push(Future.of(job) as F);
  return { done, pending };
}

const checks = {
  until: oneOf('all', 'first', 'first-error'),
  timeoutMs: milliseconds,
  signal: abortSignal,
};

function endsWait(job: Job, until: WaitOptions['until']): boolean {
  return until === 'first' || (until === 'first-error' && job.status === 'rejected');
}

type Ends = { readonly [K in keyof WaitOptions]: WaitOptions[K] | undefined };

async function settlement(unfinished: Set<Job>, { until, timeoutMs, signal }: Ends): Promise<void> {
  let stop: (() => void) | undefined;
  const over = new Promise<void>((resolve, reject) => {
    const listener: SettlementListener & Abortable = {
      settled(job) {
        unfinished.delete(job);
        if (unfinished.size === 0 || endsWait(job, until)) resolve();
      },
      aborted: reject,
    };
    for (const job of unfinished) job.onSettled(listener);
    if (signal !== undefined) onAbort(signal, listener);
    const timer = timeoutMs === undefined ? undefined : new Timer(timeoutMs, resolve);
    stop = () => {
      timer?.cancel();
      if (signal !== undefined) offAbort(signal, listener);
      for (const job of unfinished) job.offSettled(listener);
    };
  });
  await over.finally(() => stop?.());
}
