import type { TaskTimeoutError } from '../base/errors.ts';
import { isAborted, reasonOf } from '../base/on-abort.ts';
import type { Admission } from './admission/admission.ts';
import { Backlog } from './figures/forecast.ts';
import type { Deadlines } from '../base/deadlines.ts';
import { publishSettle, publishStart, settlementsHeard, taskChannels } from './job/diagnostics.ts';
import type { Engine, EngineEvents, StartEngine } from './engine.ts';
import { Guard } from './job/watchdog.ts';
import type { Job, Parenthood } from './job/job.ts';
import type { SchedulerOptions } from './scheduler-options.ts';
import type { Counters } from './figures/stats.ts';
import type { Transitions } from './transitions.ts';
import { Unobserved } from './job/unobserved.ts';

/** What a ledger shares with the scheduler that keeps it. */
export interface LedgerParts {
  readonly transitions: Transitions;
  readonly admission: Admission;
  readonly counters: Counters;
  readonly deadlines: Deadlines;
  /** Called whenever a place has been given back. */
  readonly placeReleased: () => void;
  readonly called: EngineEvents['called'];
  /** These jobs will be heard of by nobody. */
  readonly abandoned: (parent: Job, nest: Parenthood) => void;
}

/** How long the result of a task that returned in time may be on its way when the time is up. Milliseconds. */
const resultGraceMs = 20;

/**
 * The admitted jobs, from the place in hand until their worker is free of them.
 *
 * Two ends must be told apart. A job *settles* once, which may be before its time: cancelled or expired while it runs.
 * It *leaves* once, when no worker has anything to do with it any more; only then does its place go back.
 */
export class Ledger {
  readonly engine: Engine;
  readonly unobserved: Unobserved;
  readonly backlog: Backlog = new Backlog();
  readonly #name: string;
  readonly #parts: LedgerParts;
  readonly #interruptGraceMs: number;
  #unsettled = 0;

  constructor(startEngine: StartEngine, options: SchedulerOptions, parts: LedgerParts) {
    this.#parts = parts;
    this.#name = options.name;
    this.#interruptGraceMs = options.interruptGraceMs;
    this.unobserved = new Unobserved(options.onUnobservedError);
    const events: EngineEvents = {
      began: (job) => this.#began(job),
      settle: (job, status, value) => this.#settle(job, status, value),
      left: (job, ranMs) => this.#left(job, ranMs),
      waits: (job) => this.#waits(job),
      restarts: (job) => this.#restarts(job),
      called: (parent, task, options, call) => this.#parts.called(parent, task, options, call),
      bootFailed: (error) => {
        // Who stands in line first: a place that becomes free now leads nowhere.
        this.#parts.admission.close(error);
        this.endUnclaimed('rejected', error);
      },
    };
    this.engine = startEngine({ transitions: parts.transitions, deadlines: parts.deadlines, events });
  }

  /** Admitted and not settled. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Admitted jobs that wait for jobs of their own. */
  get suspended(): number {
    return this.engine.slots.reduce((sum, { suspended }) => sum + suspended, 0);
  }

  /** Enters a job that holds a place, and its bytes. */
  enter(job: Job): void {
    this.#unsettled++;
    this.backlog.enter(job);
    job.holdsBytes = true;
    const { signal } = job.options;
    if (signal !== undefined && isAborted(signal))
      return this.#settleAndLeave(job, 'cancelled', reasonOf(signal));
    if (Guard.needed(job)) {
      job.guard = new Guard(job, this.#parts.deadlines, {
        cancel: (_, reason, interrupt) => void this.cancel(job, reason, interrupt),
        expire: (_, error, interrupt) =>
          this.#parts.transitions.run(() => this.#expire(job, error, interrupt)),
      });
    }
    return this.engine.enqueue(job);
  }

  /** Cancels a job wherever it stands; see `Future.cancel`. */
  cancel(job: Job, reason: unknown, interrupt: boolean): boolean {
    const mayEndThread = interrupt && job.interruptible;
    if (!job.done)
      return this.#parts.transitions.run(() => this.#end(job, 'cancelled', reason, mayEndThread));
    // Cancelled or expired while it ran, and now its thread is wanted as well.
    if (mayEndThread) this.#endThreadIn(this.#interruptGraceMs, job);
    return job.status === 'cancelled';
  }

  /** Ends what no worker has begun; only of `jobs`, if they are given. */
  endUnclaimed(
    status: 'rejected' | 'cancelled',
    value: unknown,
    jobs: Iterable<Job> = this.engine.jobs(),
  ): void {
    for (const job of jobs) {
      if (!job.done && this.engine.withdraw(job)) this.#settleAndLeave(job, status, value);
    }
  }

  /** Settles what runs; its threads are going to be ended. */
  cancelRunning(reason: unknown): void {
    for (const job of this.engine.jobs()) if (!job.done) this.#settle(job, 'cancelled', reason);
  }

  #expire(job: Job, error: TaskTimeoutError, interrupt: boolean): void {
    if (job.done || this.#end(job, 'rejected', error, interrupt)) return;
    // It has returned, and its result is on its way. But a task behind it may hold that up, or its own getters.
    const over = () => {
      if (job.done || this.#end(job, 'rejected', error, interrupt)) return;
      this.#settle(job, 'rejected', error);
      if (interrupt) this.#endThreadIn(this.#interruptGraceMs, job);
    };
    this.#parts.deadlines.set(resultGraceMs, () => this.#parts.transitions.run(over));
  }

  /** Settles a job before its time. False if it has finished, and its result is on its way. */
  #end(job: Job, status: 'rejected' | 'cancelled', value: unknown, interrupt: boolean): boolean {
    if (job.status === 'waiting') return false;
    if (this.engine.withdraw(job)) {
      this.#settleAndLeave(job, status, value);
      return true;
    }
    if (!this.engine.askToStop(job, value)) return false;
    this.#settle(job, status, value);
    this.engine.tellToStop(job);
    const { timeoutMs } = job.options;
    if (interrupt) this.#endThreadIn(this.#interruptGraceMs, job);
    else if (timeoutMs !== undefined) {
      // The future has settled before its time; the thread's time is still limited.
      const ranMs = performance.now() - (job.runningSince ?? performance.now());
      this.#endThreadIn(Math.max(0, timeoutMs - ranMs) + this.#interruptGraceMs, job);
    }
    return true;
  }

  /** Only if the thread has not got rid of the job by then. */
  #endThreadIn(delayMs: number, job: Job, force: boolean = false): void {
    this.#parts.deadlines.set(delayMs, () => {
      const settled = this.engine.endWorkerOf(job, force);
      // It has returned, and its result is on its way, unless that has a getter which never returns.
      if (!settled) this.#endThreadIn(this.#interruptGraceMs, job, true);
    });
  }

  #settleAndLeave(job: Job, status: 'rejected' | 'cancelled', value: unknown): void {
    this.#settle(job, status, value);
    this.#left(job, undefined);
  }

  #settle(job: Job, status: 'fulfilled' | 'rejected' | 'cancelled', value: unknown): void {
    job.guard?.dispose();
    this.#unsettled--;
    const { transitions, counters } = this.#parts;
    if (settlementsHeard()) publishSettle(transitions, this.#name, job, status, value);
    counters.settled(job, status);
    job.settle(status, value);
    const { nest } = job;
    if (nest !== null) transitions.chore(() => this.#parts.abandoned(job, nest));
    if (status === 'rejected' && !job.observed) this.unobserved.add(job);
  }

  /** Its arguments are no longer pending; but one that may have to run again is not done with them. */
  #began(job: Job): void {
    if (job.retriesLeft === 0) this.#releaseBytes(job);
    if (taskChannels.start.hasSubscribers && !job.done)
      publishStart(this.#parts.transitions, this.#name, job);
  }

  #left(job: Job, ranMs: number | undefined): void {
    this.backlog.leave(job, ranMs);
    this.#releaseBytes(job);
    if (job.nest?.holdsPlace !== false) this.#parts.admission.releasePlace();
    this.#parts.placeReleased();
  }

  /**
   * It has begun, and gives up its place: if those that wait held bytes, their jobs could wait for them for ever. What it still
   * has to do is little against its jobs, which are counted themselves.
   */
  #waits(job: Job): void {
    this.#began(job);
    this.#releaseBytes(job);
    this.backlog.forget(job);
  }

  /** Its thread has crashed, and it runs again: the jobs that it had submitted were for nothing. */
  #restarts(job: Job): void {
    job.startedAt = undefined;
    const { nest } = job;
    if (nest === null) return;
    nest.left();
    this.#parts.admission.takeAnyway(nest.holdsPlace ? 0 : 1, job.holdsBytes ? 0 : job.bytes);
    job.holdsBytes = true;
    job.nest = null;
    this.backlog.forget(job);
    this.backlog.count(job);
    this.#parts.transitions.chore(() => this.#parts.abandoned(job, nest));
  }

  #releaseBytes(job: Job): void {
    if (!job.holdsBytes) return;
    job.holdsBytes = false;
    this.#parts.admission.releaseBytes(job.bytes);
  }
}
