import type { TaskTimeoutError } from '../../base/errors.ts';
import { offAbort, onAbort } from '../../base/on-abort.ts';
import type { Abortable } from '../../base/on-abort.ts';
import type { Alarm, Deadlines } from '../../base/deadlines.ts';
import type { FailureReason } from './failure.ts';
import type { Job } from './job.ts';
import type { JobWatch } from './job-parts.ts';
import { deadlineError, timeoutError } from './phase.ts';

/** What a watchdog does with its job when the signal aborts or the time is up. */
export interface WatchdogActions {
  cancel(job: Job, reason: unknown, interrupt: boolean, why: FailureReason): void;
  /** Rejects the job wherever it stands; `interrupt`: its thread is terminated unless the job stops by itself. */
  expire(job: Job, error: TaskTimeoutError, interrupt: boolean, why: FailureReason): void;
}

/** Watches one admitted job's signal, deadline and run time. Most jobs have none of these, and so no watchdog. */
export class Watchdog implements Abortable, JobWatch {
  readonly #job: Job;
  readonly #deadlines: Deadlines;
  readonly #actions: WatchdogActions;
  #deadline: Alarm | null = null;
  #timeout: Alarm | null = null;

  constructor(job: Job, deadlines: Deadlines, actions: WatchdogActions) {
    this.#job = job;
    this.#deadlines = deadlines;
    this.#actions = actions;
    const { signal, deadlineMs } = job.options;
    if (signal !== undefined) onAbort(signal, this);
    if (deadlineMs !== undefined) {
      const leftMs = deadlineMs - (performance.now() - job.submittedAt);
      this.#deadline = deadlines.set(leftMs, () => this.#deadlinePassed(deadlineMs));
    }
  }

  static needed({ options }: Job): boolean {
    return (
      options.signal !== undefined || options.deadlineMs !== undefined || options.timeoutMs !== undefined
    );
  }

  /** The job is next in its worker. Its run time counts from the moment at which the worker claims it. */
  started(): void {
    const { timeoutMs } = this.#job.options;
    this.#timeout?.cancel();
    if (timeoutMs !== undefined) this.#watchRun(timeoutMs, timeoutMs);
  }

  resumed(): void {
    const { timeoutMs } = this.#job.options;
    this.#timeout?.cancel();
    if (timeoutMs !== undefined) this.#watchRun(timeoutMs, Math.max(0, timeoutMs - this.#ranMs));
  }

  dispose(): void {
    this.#timeout?.cancel();
    this.#deadline?.cancel();
    const { signal } = this.#job.options;
    if (signal !== undefined) offAbort(signal, this);
  }

  get #ranMs(): number {
    const { batch, running, position } = this.#job;
    if (batch === null || !running) return 0;
    return performance.now() - batch.startedAt(position) - (batch.readerMs ?? 0);
  }

  aborted(reason: unknown): void {
    this.#actions.cancel(this.#job, reason, this.#job.options.interrupt === true, 'signal');
  }

  #deadlinePassed(deadlineMs: number): void {
    const job = this.#job;
    const error = deadlineError(job, deadlineMs);
    this.#actions.expire(job, error, job.options.interrupt === true, 'deadline');
  }

  #watchRun(timeoutMs: number, delayMs: number): void {
    this.#timeout = this.#deadlines.set(delayMs, () => {
      const job = this.#job;
      if (job.batch === null) return;
      // `resumed()` sets the alarm again when the reader has read.
      if (job.asParent?.awaitsReader === true) return;
      const ranMs = this.#ranMs;
      if (ranMs < timeoutMs) return this.#watchRun(timeoutMs, timeoutMs - ranMs);
      return this.#actions.expire(job, timeoutError(job), true, 'timeout');
    });
  }
}
