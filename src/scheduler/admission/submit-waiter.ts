import { isAborted, offAbort, onAbort } from '../../base/on-abort.ts';
import type { Abortable } from '../../base/on-abort.ts';
import { AdmissionWaiter } from './admission.ts';
import type { Admission } from './admission.ts';
import type { Alarm, Deadlines } from '../../base/deadlines.ts';
import { batchAnswers } from '../dispatch/batch-diagnostics.ts';
import type { FailureReason } from '../job/failure.ts';
import type { Job } from '../job/job.ts';
import { deadlineError } from '../job/phase.ts';
import type { Transitions } from '../transitions.ts';

/** The parts of a scheduler that all its `SubmitWaiter`s share. */
export interface WaitParts {
  readonly transitions: Transitions;
  readonly admission: Admission;
  readonly deadlines: Deadlines;
  readonly admitted: (job: Job) => void;
  /** Refuses the job, and returns the error to reject with. */
  readonly refused: (job: Job, error: unknown) => unknown;
  /** Refuses the job with a `SaturatedError`, and returns that error. */
  readonly waitedTooLong: (job: Job, maxWaitMs: number) => unknown;
  /** Cancels the job, and returns the reason. */
  readonly aborted: (job: Job, reason: unknown, why: FailureReason) => unknown;
}

/**
 * A submission that stands in line until it is admitted. Its signal, `maxWaitMs`, `deadlineMs`, a cancellation or the executor's
 * shutdown may end the wait before.
 */
export class SubmitWaiter extends AdmissionWaiter implements Abortable {
  readonly bytes: number;
  /** Resolves when the job has been admitted; rejects with the reason if it is not. */
  readonly promise: Promise<void>;
  readonly #job: Job;
  readonly #parts: WaitParts;
  readonly #over: () => void;
  readonly #alarms: Alarm[] = [];
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  /** @param over called once, when the wait is over for whatever reason. */
  constructor(job: Job, parts: WaitParts, over: () => void) {
    super();
    this.#job = job;
    job.waiter = this;
    this.bytes = job.bytes;
    this.#parts = parts;
    this.#over = over;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal, maxWaitMs, deadlineMs } = job.options;
    if (signal !== undefined) onAbort(signal, this);
    if (maxWaitMs !== undefined) this.#endIn(maxWaitMs, () => parts.waitedTooLong(job, maxWaitMs));
    if (deadlineMs !== undefined)
      this.#endIn(deadlineMs, () => parts.refused(job, deadlineError(job, deadlineMs)));
  }

  /** Has the signal aborted? One signal may end many waits: the first one to leave the line must not let another of them in. */
  override get leaving(): boolean {
    const { signal } = this.#job.options;
    return signal !== undefined && isAborted(signal);
  }

  granted(): void {
    this.#dispose();
    if (batchAnswers.hasSubscribers) this.#job.waiter = { admittedAt: performance.now() };
    this.#parts.admitted(this.#job);
    this.#resolve();
  }

  /** The signal has aborted. */
  aborted(reason: unknown): void {
    this.leave(reason, 'signal');
  }

  /** The job is cancelled while it waits. */
  leave(reason: unknown, why: FailureReason): void {
    this.#end(() => this.#parts.aborted(this.#job, reason, why));
  }

  closed(error: unknown): void {
    this.#end(() => this.#parts.refused(this.#job, error));
  }

  #endIn(delayMs: number, refuse: () => unknown): void {
    this.#alarms.push(this.#parts.deadlines.set(delayMs, () => this.#end(refuse)));
  }

  #end(refuse: () => unknown): void {
    this.#parts.transitions.run(() => {
      this.#dispose();
      const error = refuse();
      this.#parts.admission.leave(this);
      this.#reject(error);
    });
  }

  #dispose(): void {
    this.#job.waiter = null;
    this.#over();
    for (const alarm of this.#alarms) alarm.cancel();
    if (this.#job.options.signal !== undefined) offAbort(this.#job.options.signal, this);
  }
}
