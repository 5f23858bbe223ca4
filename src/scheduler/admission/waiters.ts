import { TaskTimeoutError } from '../../base/errors.ts';
import { isAborted, offAbort, onAbort } from '../../base/on-abort.ts';
import type { Abortable } from '../../base/on-abort.ts';
import { Waiter } from './admission.ts';
import type { Admission } from './admission.ts';
import type { Alarm, Deadlines } from '../../base/deadlines.ts';
import type { Job } from '../job/job.ts';
import type { Transitions } from '../transitions.ts';

/** What all waits of a scheduler share. */
export interface WaitParts {
  readonly transitions: Transitions;
  readonly admission: Admission;
  readonly deadlines: Deadlines;
  readonly admitted: (job: Job) => void;
  /** Refuses the job, and gives back the error to reject with. */
  readonly refused: (job: Job, error: unknown) => unknown;
  readonly waitedTooLong: (job: Job, maxWaitMs: number) => unknown;
  readonly aborted: (job: Job, reason: unknown) => unknown;
}

/** A submission that stands in line, until it is admitted or its signal, wait or deadline ends it. */
export class SubmitWaiter extends Waiter implements Abortable {
  readonly bytes: number;
  /** Resolves when the job has been admitted; rejects with why it was not. */
  readonly promise: Promise<void>;
  readonly #job: Job;
  readonly #parts: WaitParts;
  readonly #over: () => void;
  readonly #alarms: Alarm[] = [];
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  /** @param over called once, when the wait is over. */
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
    if (deadlineMs !== undefined) this.#endIn(deadlineMs, () => parts.refused(job, late(job, deadlineMs)));
  }

  /** One signal ends many: a place that another one gives up because of it is not for this one. */
  override get leaving(): boolean {
    const { signal } = this.#job.options;
    return signal !== undefined && isAborted(signal);
  }

  granted(): void {
    this.#dispose();
    this.#parts.admitted(this.#job);
    this.#resolve();
  }

  aborted(reason: unknown): void {
    this.#end(() => this.#parts.aborted(this.#job, reason));
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

function late(job: Job, deadlineMs: number): TaskTimeoutError {
  const message = `task ${job.id} (${job.label}) waited for a place when its deadline of ${deadlineMs} ms had passed`;
  return new TaskTimeoutError(message, 'waiting');
}
