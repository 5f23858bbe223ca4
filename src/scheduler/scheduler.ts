import { SaturatedError } from '../base/errors.ts';
import { isAborted, reasonOf } from '../base/on-abort.ts';
import type { ExecutorClosedError } from '../base/errors.ts';
import { Task } from '../tasks/task.ts';
import type { TaskTarget } from '../tasks/task.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import { Admission } from './admission/admission.ts';
import type { LoopTimes } from './dispatch/backend.ts';
import type { Forecast } from './figures/forecast.ts';
import { Deadlines } from '../base/deadlines.ts';
import {
  publishRefuse,
  publishSettle,
  publishSubmit,
  settlementsHeard,
  taskChannels,
} from './job/diagnostics.ts';
import type { StartEngine } from './engine.ts';
import { Job } from './job/job.ts';
import { Ledger } from './admitted-jobs.ts';
import { Lifecycle } from './lifecycle.ts';
import type { Puller, SchedulerState, ShutdownMode } from './lifecycle.ts';
import { NestedJobs } from './nesting/children.ts';
import type { JobOwner } from './job/job.ts';
import { payloadBytes } from '../tasks/payload-size.ts';
import { Reservation } from './admission/reservation.ts';
import type { SchedulerOptions } from './scheduler-options.ts';
import { takeForecast, takeStats } from './snapshot.ts';
import { Counters } from './figures/stats.ts';
import type { ExecutorStats } from './figures/stats.ts';
import { SubmitWaiter } from './admission/waiters.ts';
import type { WaitParts } from './admission/waiters.ts';
import { Transitions } from './transitions.ts';

/** Where every submission goes in. What becomes of it is the ledger's; how the executor ends, the lifecycle's. */
export class Scheduler implements JobOwner {
  readonly #options: SchedulerOptions;
  readonly transitions: Transitions = new Transitions();
  readonly admission: Admission;
  readonly #ledger: Ledger;
  readonly #deadlines = new Deadlines();
  readonly #counters = new Counters();
  readonly #nested: NestedJobs;
  readonly #waits: WaitParts;
  /** Callers of `submit()` that wait. */
  #callers = 0;
  #nextId = 1;
  readonly #lifecycle: Lifecycle;

  constructor(startEngine: StartEngine, options: SchedulerOptions) {
    this.#options = options;
    this.admission = new Admission(options.workers + options.maxPending, options.maxPendingBytes);
    this.#ledger = new Ledger(startEngine, options, {
      transitions: this.transitions,
      admission: this.admission,
      counters: this.#counters,
      deadlines: this.#deadlines,
      placeReleased: () => this.#lifecycle.checkDrained(),
      called: (parent, task, options, call) => this.#nested.submit(parent, task, options, call),
      abandoned: (parent, nest) => this.#nested.abandon(parent, nest),
    });
    this.#lifecycle = new Lifecycle(options.name, this.transitions, this.admission, this.#ledger);
    this.#nested = new NestedJobs({
      transitions: this.transitions,
      admission: this.admission,
      create: (task, given) => this.createJob(task, given),
      tryAdmit: (job, before) => this.#tryAdmitNested(job, before),
      wait: (job) => this.#standInLine(job, () => {}, 'nested'),
      cancel: (job, reason) => void this.cancel(job, reason, true),
    });
    this.#waits = {
      transitions: this.transitions,
      admission: this.admission,
      deadlines: this.#deadlines,
      admitted: (job) => this.#ledger.enter(job),
      refused: (job, error) => this.refuse(job, error),
      waitedTooLong: (job, maxWaitMs) =>
        this.refuse(job, this.saturated(`no place within ${maxWaitMs} ms (maxWaitMs)`)),
      aborted: (job, reason) => this.abortWaiting(job, reason),
    };
  }

  get name(): string {
    return this.#options.name;
  }

  get state(): SchedulerState {
    return this.#lifecycle.state;
  }

  /** Loops that wait for their sources. */
  get pullers(): Set<Puller> {
    return this.#lifecycle.pullers;
  }

  ready(): Promise<void> {
    if (this.state !== 'open') return Promise.reject(this.closedError());
    return this.#ledger.engine.ready();
  }

  /**
   * A record for a submission. It counts as submitted from here on: admit it, refuse it or let it wait. A subscriber may have
   * cancelled it already: then it has settled.
   */
  createJob(task: Task<unknown>, options: TaskOptions): Job {
    const bytes = payloadBytes(Task.argsOf(task));
    this.#counters.submitted++;
    const job = new Job(this.#nextId++, task, options, bytes, this);
    // What comes of it is told when all its subscribers have been.
    if (taskChannels.submit.hasSubscribers)
      this.transitions.run(() => publishSubmit(this.#options.name, job));
    return job;
  }

  /** Admits the job if there is a place for it at once and nobody waits for one. */
  tryAdmit(job: Job): boolean {
    if (job.done || this.state !== 'open' || !this.admission.tryAdmit(job.bytes)) return false;
    this.#enter(job);
    return true;
  }

  #tryAdmitNested(job: Job, before: () => void): boolean {
    if (!this.#lifecycle.takesNested || !this.admission.tryAdmitNested(job.bytes)) return false;
    before();
    this.#enter(job);
    return true;
  }

  #enter(job: Job): void {
    this.transitions.begin();
    try {
      this.#ledger.enter(job);
    } finally {
      this.transitions.end();
    }
  }

  /** Waits for a place in `submit()`; rejects with why there is none: saturated, closed, late, or the signal's reason. */
  waitForPlace(job: Job): Promise<void> {
    const { maxWaiting } = this.#options;
    const { signal } = job.options;
    if (job.done) return Promise.reject(job.value);
    if (
      this.#callers >= maxWaiting &&
      this.state === 'open' &&
      (signal === undefined || !isAborted(signal))
    ) {
      const message = `${maxWaiting} callers wait for a place already (maxWaiting)`;
      return Promise.reject(this.refuse(job, this.saturated(message, maxWaiting)));
    }
    this.#callers++;
    return this.#standInLine(job, () => this.#callers--).promise;
  }

  /** What a stream has pulled waits like any other, but is no caller: there is one for each stream at the most. */
  waitInStream(job: Job): SubmitWaiter {
    return this.#standInLine(job, () => {});
  }

  #standInLine(job: Job, over: () => void, line: 'nested' | 'others' = 'others'): SubmitWaiter {
    const { signal } = job.options;
    const waiter = new SubmitWaiter(job, this.#waits, over);
    const isOpen = line === 'nested' ? this.#lifecycle.takesNested : this.state === 'open';
    if (!isOpen) waiter.closed(this.closedError());
    else if (signal !== undefined && isAborted(signal)) waiter.aborted(reasonOf(signal));
    else if (line === 'nested') this.admission.waitFirst(waiter, 'nested');
    else this.admission.wait(waiter);
    return waiter;
  }

  /** Takes a place before there is a task for it: a pulling loop must not pull without one. */
  tryReserve(): boolean {
    return this.state === 'open' && this.admission.tryAdmit(0);
  }

  /** The same, in line with everybody else. */
  reserve(): Reservation {
    const reservation = new Reservation();
    if (this.state === 'open') this.admission.wait(reservation);
    else reservation.closed(this.closedError());
    return reservation;
  }

  /** Ends the wait for a place, or gives it back. */
  giveUp(reservation: Reservation): void {
    if (reservation.held) this.releasePlace();
    else this.transitions.run(() => this.admission.leave(reservation));
  }

  /** Admits a job to the place that was reserved for it. If there is no room for its bytes, the place goes back. */
  tryAdmitReserved(job: Job): boolean {
    if (job.done || this.state !== 'open' || !this.admission.tryAddBytes(job.bytes)) {
      this.releasePlace();
      return false;
    }
    this.#enter(job);
    return true;
  }

  /** Ends a submission that was never admitted. */
  refuse<E>(job: Job, error: E): E {
    if (job.done) return error;
    return this.transitions.run(() => {
      if (taskChannels.refuse.hasSubscribers) publishRefuse(this.transitions, this.#options.name, job, error);
      this.#counters.refused++;
      job.settle('rejected', error);
      return error;
    });
  }

  saturated(message: string, limit: number = this.admission.capacity): SaturatedError {
    const { pending } = this.stats();
    return new SaturatedError(message, { limit, pending, retryAfterMs: this.forecast(-Infinity).waitMs });
  }

  /** Cancels a job wherever it stands; see `Future.cancel`. */
  cancel(job: Job, reason: unknown, interrupt: boolean): boolean {
    if (job.status !== 'waiting') return this.#ledger.cancel(job, reason, interrupt);
    if (job.waiter === null) this.abortWaiting(job, reason);
    else job.waiter.aborted(reason);
    return true;
  }

  stats(): ExecutorStats {
    return takeStats(this.#options.workers, this.admission, this.#ledger, this.#counters);
  }

  /** By worker; zeros for one whose thread is not up. */
  loopTimes(): LoopTimes[] {
    return this.#ledger.engine.slots.map(({ loopTimes }) => loopTimes);
  }

  /** Goes forward to the state that the mode asks for; resolves when every thread has ended. */
  shutdown(mode: ShutdownMode): Promise<void> {
    return this.transitions.run(() => this.#lifecycle.shutdown(mode));
  }

  /** Cancels what no worker has begun of these jobs. */
  cancelUnclaimed(reason: unknown, jobs: Iterable<Job>): void {
    this.transitions.run(() => this.#ledger.endUnclaimed('cancelled', reason, jobs));
  }

  /** Ends a submission whose signal was aborted before it had a place. */
  abortWaiting<E>(job: Job, reason: E): E {
    return this.transitions.run(() => {
      if (settlementsHeard()) publishSettle(this.transitions, this.#options.name, job, 'cancelled', reason);
      this.#counters.cancelled++;
      job.settle('cancelled', reason);
      return reason;
    });
  }

  /** Gives back a place that was reserved in vain. */
  releasePlace(): void {
    this.transitions.run(() => this.admission.releasePlace());
    this.#lifecycle.checkDrained();
  }

  closedError(): ExecutorClosedError {
    return this.#lifecycle.closedError();
  }

  /** What a submission now has to expect; those that wait for a place count as the mean task. */
  forecast(priority = 0, target?: TaskTarget): Forecast {
    return takeForecast(this.admission, this.#ledger, priority, target);
  }
}
