import type { SaturatedError } from '../../base/errors.ts';
import { isAborted, reasonOf } from '../../base/on-abort.ts';
import type { Deadlines } from '../../base/deadlines.ts';
import type { Job } from '../job/job.ts';
import type { Sources } from '../job/job-parts.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Transitions } from '../transitions.ts';
import type { Admission } from './admission.ts';
import type { Unadmitted } from './unadmitted.ts';
import { SubmitWaiter } from './submit-waiter.ts';
import type { WaitParts } from './submit-waiter.ts';

export interface SubmitLineParts {
  readonly transitions: Transitions;
  readonly admission: Admission;
  readonly deadlines: Deadlines;
  readonly lifecycle: Lifecycle;
  readonly unadmitted: Unadmitted;
  /** The most callers of `submit()` that may wait at a time. */
  readonly maxWaiting: number;
  readonly admitted: (job: Job) => void;
  readonly saturated: (message: string, limit?: number) => SaturatedError;
}

/** Lets submissions wait for their places: those of callers, of streams, and of running tasks. */
export class SubmitLine {
  readonly #parts: SubmitLineParts;
  readonly #waits: WaitParts;
  /** Callers of `submit()` that wait now: 0 to `maxWaiting`. */
  #callers = 0;

  constructor(parts: SubmitLineParts) {
    this.#parts = parts;
    const { transitions, admission, deadlines, unadmitted, admitted, saturated } = parts;
    this.#waits = {
      transitions,
      admission,
      deadlines,
      admitted,
      refused: (job, error) => unadmitted.refuse(job, error),
      waitedTooLong: (job, maxWaitMs) =>
        unadmitted.refuse(job, saturated(`no place became free within ${maxWaitMs} ms (maxWaitMs)`)),
      aborted: (job, reason, why) => unadmitted.abort(job, reason, why),
    };
  }

  /**
   * Waits for `submit()`. Resolves when the job is admitted. Rejects with the reason if it is not: too many callers wait, the
   * executor shuts down, `maxWaitMs` or `deadlineMs` passes, the signal aborts, or the job is cancelled.
   */
  wait(job: Job): Promise<void> {
    const { maxWaiting, lifecycle, unadmitted, saturated } = this.#parts;
    const { signal } = job.options;
    if (job.done) return Promise.reject(job.value);
    if (
      this.#callers >= maxWaiting &&
      lifecycle.state === 'open' &&
      (signal === undefined || !isAborted(signal))
    ) {
      const message = `${maxWaiting} callers already wait for a place (maxWaiting)`;
      return Promise.reject(unadmitted.refuse(job, saturated(message, maxWaiting)));
    }
    this.#callers++;
    return this.#stand(job, () => this.#callers--).promise;
  }

  /** Waits for a stream that has pulled a task. It does not count towards `maxWaiting`: a stream has one waiting task at most. */
  waitInStream(job: Job): SubmitWaiter {
    return this.#stand(job, () => {});
  }

  /** Waits for a running task that has submitted a task: before submissions from outside, after tasks that go on after a wait. */
  waitNested(job: Job): SubmitWaiter {
    return this.#stand(job, () => {}, 'nested');
  }

  #stand(job: Job, over: () => void, line: 'nested' | 'others' = 'others'): SubmitWaiter {
    const { admission, lifecycle } = this.#parts;
    const { signal } = job.options;
    const waiter = new SubmitWaiter(job, this.#waits, over);
    const isOpen = line === 'nested' ? lifecycle.takesNested : lifecycle.state === 'open';
    if (!isOpen) waiter.closed(lifecycle.closedError());
    else if (signal !== undefined && isAborted(signal)) waiter.aborted(reasonOf(signal));
    else if (line === 'nested') admission.waitFirst(waiter, 'nested');
    else if (job.sources?.producers.some(isAdmitted) === true) this.#standFirst(job, waiter, job.sources);
    else admission.wait(waiter);
    return waiter;
  }

  /** Admitted tasks yield the items that this job reads, and may have to wait for it: it stands in the line for nested jobs. */
  #standFirst(job: Job, waiter: SubmitWaiter, { producers }: Sources<Job>): void {
    this.#parts.transitions.run(() => {
      this.#parts.admission.waitFirst(waiter, 'nested');
      for (const { asParent } of producers) if (asParent?.reader === job) asParent.yieldPlace();
    });
  }
}

const isAdmitted = ({ status }: Job): boolean => status !== 'waiting';
