import { SaturatedError } from '../errors.ts';
import type { ExecutorClosedError } from '../errors.ts';
import { Task } from '../tasks/task.ts';
import type { TaskTarget } from '../tasks/task.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import { Admission } from './admission.ts';
import type { LoopTimes, WorkerBackend } from './backend.ts';
import type { Forecast } from './backlog.ts';
import { Deadlines } from './deadlines.ts';
import {
  publishRefuse,
  publishSettle,
  publishSubmit,
  settlementsHeard,
  taskChannels,
} from './diagnostics.ts';
import { Job } from './job.ts';
import { Ledger } from './ledger.ts';
import { Lifecycle } from './lifecycle.ts';
import type { Puller, SchedulerState, ShutdownMode } from './lifecycle.ts';
import { NestedJobs } from './nested-jobs.ts';
import type { JobOwner } from './job.ts';
import { payloadBytes } from './payload-size.ts';
import { Reservation } from './reservation.ts';
import { takeForecast, takeStats } from './snapshot.ts';
import { Counters } from './stats.ts';
import type { ExecutorStats } from './stats.ts';
import { SubmitWaiter } from './submit-waiter.ts';
import type { WaitParts } from './submit-waiter.ts';
import type { UnobservedErrorHandler } from './unobserved.ts';

export interface SchedulerOptions {
  /** What messages call the executor. */
  readonly name: string;
  readonly workers: number;
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  readonly maxWaiting: number;
  readonly maxTasksPerWorker: number;
  readonly interruptGraceMs: number;
  readonly onUnobservedError?: UnobservedErrorHandler | undefined;
}

/** Where every submission goes in. What becomes of it is the ledger's; how the executor ends, the lifecycle's. */
export class Scheduler implements JobOwner {
  readonly #options: SchedulerOptions;
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

  constructor(backend: WorkerBackend, options: SchedulerOptions) {
    this.#options = options;
    this.admission = new Admission(options.workers + options.maxPending, options.maxPendingBytes);
    this.#ledger = new Ledger(backend, options, {
      admission: this.admission,
      counters: this.#counters,
      deadlines: this.#deadlines,
      placeReleased: () => this.#lifecycle.checkDrained(),
      called: (parent, task, options, call) => this.#nested.submit(parent, task, options, call),
      abandoned: (parent, nest) => this.#nested.abandon(parent, nest),
    });
    this.#lifecycle = new Lifecycle(options.name, this.admission, this.#ledger);
    this.#nested = new NestedJobs({
      admission: this.admission,
      create: (task, given) => this.createJob(task, given),
      tryAdmit: (job, before) => this.#tryAdmitNested(job, before),
      wait: (job) => this.#standInLine(job, () => {}, 'nested'),
      abort: (job, reason) => void this.abortWaiting(job, reason),
      cancel: (job, reason) => void this.cancel(job, reason, true),
    });
    this.#waits = {
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
    return this.#ledger.dispatcher.crew.ready();
  }

  /** A record for a submission. It counts as submitted from here on: admit it, refuse it or let it wait. */
  createJob(task: Task<unknown>, options: TaskOptions): Job {
    const bytes = payloadBytes(Task.argsOf(task));
    this.#counters.submitted++;
    const job = new Job(this.#nextId++, task, options, bytes, this);
    if (taskChannels.submit.hasSubscribers) publishSubmit(this.#options.name, job);
    return job;
  }

  /** Admits the job if there is a place for it at once and nobody waits for one. */
  tryAdmit(job: Job): boolean {
    if (this.state !== 'open' || !this.admission.tryAdmit(job.bytes)) return false;
    this.#ledger.enter(job);
    return true;
  }

  #tryAdmitNested(job: Job, before: () => void): boolean {
    if (!this.#lifecycle.takesNested || !this.admission.tryAdmitNested(job.bytes)) return false;
    before();
    this.#ledger.enter(job);
    return true;
  }

  /** Waits for a place in `submit()`; rejects with why there is none: saturated, closed, late, or the signal's reason. */
  waitForPlace(job: Job): Promise<void> {
    const { maxWaiting } = this.#options;
    if (this.#callers >= maxWaiting && this.state === 'open' && job.options.signal?.aborted !== true) {
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
    else if (signal?.aborted === true) waiter.aborted(signal.reason);
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
    else this.admission.leave(reservation);
  }

  /** Admits a job to the place that was reserved for it. If there is no room for its bytes, the place goes back. */
  tryAdmitReserved(job: Job): boolean {
    if (this.state !== 'open' || !this.admission.tryAddBytes(job.bytes)) {
      this.releasePlace();
      return false;
    }
    this.#ledger.enter(job);
    return true;
  }

  /** Ends a submission that was never admitted. */
  refuse<E>(job: Job, error: E): E {
    if (taskChannels.refuse.hasSubscribers) publishRefuse(this.#options.name, job, error);
    job.settle('rejected', error);
    this.#counters.refused++;
    return error;
  }

  saturated(message: string, limit: number = this.admission.capacity): SaturatedError {
    const { pending } = this.stats();
    return new SaturatedError(message, { limit, pending, retryAfterMs: this.forecast(-Infinity).waitMs });
  }

  /** Cancels a job wherever it stands; see `Future.cancel`. */
  cancel(job: Job, reason: unknown, interrupt: boolean): boolean {
    return this.#ledger.cancel(job, reason, interrupt);
  }

  stats(): ExecutorStats {
    return takeStats(this.#options.workers, this.admission, this.#ledger, this.#counters);
  }

  /** By worker; zeros for one whose thread is not up. */
  loopTimes(): LoopTimes[] {
    const { lanes } = this.#ledger.dispatcher.crew;
    return lanes.map(({ worker }) => worker?.loopTimes() ?? { activeMs: 0, idleMs: 0 });
  }

  /** Goes forward to the state that the mode asks for; resolves when every thread has ended. */
  shutdown(mode: ShutdownMode): Promise<void> {
    return this.#lifecycle.shutdown(mode);
  }

  /** Cancels what no worker has begun of the jobs that this listener waits for. */
  cancelUnclaimed(reason: unknown, only: object): void {
    this.#ledger.endUnclaimed('cancelled', reason, only);
  }

  /** Ends a submission whose signal was aborted before it had a place. */
  abortWaiting<E>(job: Job, reason: E): E {
    if (settlementsHeard()) publishSettle(this.#options.name, job, 'cancelled', reason);
    job.settle('cancelled', reason);
    this.#counters.cancelled++;
    return reason;
  }

  /** Gives back a place that was reserved in vain. */
  releasePlace(): void {
    this.admission.releasePlace();
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
