import type { TaskTimeoutError } from '../base/errors.ts';
import type { Deadlines } from '../base/deadlines.ts';
import type { Engine } from './engine.ts';
import { whyAsked } from './job/failure.ts';
import type { FailureReason } from './job/failure.ts';
import type { Job } from './job/job.ts';
import type { Transitions } from './transitions.ts';

export interface EarlyEndsParts {
  readonly engine: Engine;
  readonly transitions: Transitions;
  readonly deadlines: Deadlines;
  /** Milliseconds from the settlement of a running job to the end of its thread, if that may be ended. */
  readonly interruptGraceMs: number;
  readonly settle: (job: Job, status: 'rejected' | 'cancelled', value: unknown, why: FailureReason) => void;
  /** No worker has the job, nor ever will. */
  readonly left: (job: Job) => void;
}

/** Milliseconds that the result of a task which returned in time may still be on its way when the time is up. */
const resultGraceMs = 20;

/**
 * Ends jobs early: cancelled or timed out. A job that no worker has begun leaves at once. A running job settles at once, and leaves
 * when it returns or when its thread is terminated.
 */
export class EarlyEnds {
  readonly #parts: EarlyEndsParts;

  constructor(parts: EarlyEndsParts) {
    this.#parts = parts;
  }

  /** Cancels a job wherever it stands; see `Future.cancel`. */
  cancel(job: Job, reason: unknown, interrupt: boolean, why: FailureReason = whyAsked(reason)): boolean {
    const mayEndThread = interrupt && job.interruptible;
    if (!job.done)
      return this.#parts.transitions.run(() => this.#end(job, 'cancelled', reason, mayEndThread, why));
    // The job settled while it ran, and now the caller wants its thread ended as well.
    if (mayEndThread) this.#endThreadIn(this.#parts.interruptGraceMs, job);
    return job.status === 'cancelled';
  }

  /** The job's time is up. Call it within a transition. */
  expire(job: Job, error: TaskTimeoutError, interrupt: boolean, why: FailureReason): void {
    if (job.done || this.#end(job, 'rejected', error, interrupt, why)) return;
    // The job has returned, and its result is on its way. A task behind it, or the result's own getters, may hold the result up.
    const { transitions, deadlines, settle, interruptGraceMs } = this.#parts;
    const over = () => {
      if (job.done || this.#end(job, 'rejected', error, interrupt, why)) return;
      settle(job, 'rejected', error, why);
      if (interrupt) this.#endThreadIn(interruptGraceMs, job);
    };
    deadlines.set(resultGraceMs, () => transitions.run(over));
  }

  /** Settles a job early. Returns false if the job has finished and its result is on its way. */
  #end(
    job: Job,
    status: 'rejected' | 'cancelled',
    value: unknown,
    interrupt: boolean,
    why: FailureReason,
  ): boolean {
    const { engine, settle, left, interruptGraceMs } = this.#parts;
    if (job.status === 'waiting') return false;
    if (engine.withdraw(job)) {
      settle(job, status, value, why);
      left(job);
      return true;
    }
    if (!engine.askToStop(job, value)) return false;
    settle(job, status, value, why);
    engine.tellToStop(job);
    const { timeoutMs } = job.options;
    if (interrupt) this.#endThreadIn(interruptGraceMs, job);
    else if (timeoutMs !== undefined) {
      // The future has settled, but `timeoutMs` still limits the thread's time.
      const ranMs = performance.now() - (job.runningSince ?? performance.now());
      this.#endThreadIn(Math.max(0, timeoutMs - ranMs) + interruptGraceMs, job);
    }
    return true;
  }

  /** Ends the thread after a delay, unless the thread is free of the job by then. */
  #endThreadIn(delayMs: number, job: Job, force: boolean = false): void {
    const { deadlines, engine, interruptGraceMs } = this.#parts;
    deadlines.set(delayMs, () => {
      const settled = engine.endWorkerOf(job, force);
      // The job has returned and its result is on its way; but a getter of the result may never return.
      if (!settled) this.#endThreadIn(interruptGraceMs, job, true);
    });
  }
}
