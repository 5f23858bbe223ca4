import { TaskTimeoutError } from '../../base/errors.ts';
import { offAbort, onAbort } from '../../base/on-abort.ts';
import type { Abortable } from '../../base/on-abort.ts';
import type { Alarm, Deadlines } from '../../base/deadlines.ts';
import type { Job, JobWatch } from './job.ts';

/** What guards do to their jobs when the time has come. */
export interface GuardActions {
  cancel(job: Job, reason: unknown, interrupt: boolean): void;
  /** Rejects the job wherever it stands; `interrupt`: its thread is to end if it does not stop by itself. */
  expire(job: Job, error: TaskTimeoutError, interrupt: boolean): void;
}

/** Watches over one admitted job's signal, deadline and run time. Most jobs have none of them, and so no guard. */
export class Guard implements Abortable, JobWatch {
  readonly #job: Job;
  readonly #deadlines: Deadlines;
  readonly #actions: GuardActions;
  #deadline: Alarm | null = null;
  #timeout: Alarm | null = null;

  constructor(job: Job, deadlines: Deadlines, actions: GuardActions) {
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

  /** The job is next in its worker: its run time counts from the moment at which it is claimed. */
  started(): void {
    const { timeoutMs } = this.#job.options;
    this.#timeout?.cancel();
    if (timeoutMs !== undefined) this.#watchRun(timeoutMs, timeoutMs);
  }

  dispose(): void {
    this.#timeout?.cancel();
    this.#deadline?.cancel();
    const { signal } = this.#job.options;
    if (signal !== undefined) offAbort(signal, this);
  }

  aborted(reason: unknown): void {
    this.#actions.cancel(this.#job, reason, this.#job.options.interrupt === true);
  }

  #deadlinePassed(deadlineMs: number): void {
    const job = this.#job;
    const phase = job.running ? 'running' : 'pending';
    const message = `task ${job.id} (${job.label}) was ${phase} when its deadline of ${deadlineMs} ms had passed`;
    this.#actions.expire(job, new TaskTimeoutError(message, phase), job.options.interrupt === true);
  }

  #watchRun(timeoutMs: number, delayMs: number): void {
    this.#timeout = this.#deadlines.set(delayMs, () => {
      const job = this.#job;
      if (job.delivery === null) return;
      const ranMs = job.running ? performance.now() - job.delivery.startedAt(job.position) : 0;
      if (ranMs < timeoutMs) return this.#watchRun(timeoutMs, timeoutMs - ranMs);
      const message = `task ${job.id} (${job.label}) ran longer than its timeout of ${timeoutMs} ms`;
      return this.#actions.expire(job, new TaskTimeoutError(message, 'running'), true);
    });
  }
}
