import { ExecutorClosedError, SaturatedError } from '../errors.ts';
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
import { NestedJobs } from './nested-jobs.ts';
import type { JobOwner } from './job.ts';
import { payloadBytes } from './payload-size.ts';
import { Reservation } from './reservation.ts';
import { Signals } from './signals.ts';
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

/** A loop that waits for its source, which may be for ever. */
export interface Puller {
  /** The executor shuts down: nothing will be admitted any more. */
  closed(error: unknown): void;
}

/** How an executor ends; each later one is more urgent. */
export type ShutdownMode = 'drain' | 'cancel' | 'kill';

/**
 * The books of an executor: every submission goes in here, and every outcome comes out here.
 *
 * ```
 * open → draining → cancelling → killing → closed      only forward, steps may be left out
 * ```
 * - open: takes submissions.
 * - draining: runs what was admitted.
 * - cancelling: what had not begun has been cancelled; what runs may finish.
 * - killing: what ran has been cancelled too, and the threads are being ended.
 * - closed: every thread has ended, every future has settled.
 */
export type SchedulerState = 'open' | 'draining' | 'cancelling' | 'killing' | 'closed';

const order: readonly SchedulerState[] = ['open', 'draining', 'cancelling', 'killing', 'closed'];
const stateFor = { drain: 'draining', cancel: 'cancelling', kill: 'killing' } as const;

export class Scheduler implements JobOwner {
  readonly #options: SchedulerOptions;
  readonly admission: Admission;
  readonly #ledger: Ledger;
  readonly #deadlines = new Deadlines();
  readonly #signals = new Signals();
  readonly #counters = new Counters();
  readonly #nested: NestedJobs;
  readonly #waits: WaitParts;
  /** Callers of `submit()` that wait. */
  #callers = 0;
  #nextId = 1;
  readonly pullers: Set<Puller> = new Set();
  #state: SchedulerState = 'open';
  #closed: Promise<void> | null = null;
  #whenDrained: (() => void) | null = null;

  constructor(backend: WorkerBackend, options: SchedulerOptions) {
    this.#options = options;
    this.admission = new Admission(options.workers + options.maxPending, options.maxPendingBytes);
    this.#ledger = new Ledger(backend, options, {
      admission: this.admission,
      counters: this.#counters,
      signals: this.#signals,
      deadlines: this.#deadlines,
      placeReleased: () => this.#checkDrained(),
      called: (parent, task, options, call) => this.#nested.submit(parent, task, options, call),
      abandoned: (parent, nest) => this.#nested.abandon(parent, nest),
    });
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
      signals: this.#signals,
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
    return this.#state;
  }

  ready(): Promise<void> {
    if (this.#state !== 'open') return Promise.reject(this.closedError());
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
    if (this.#state !== 'open' || !this.admission.tryAdmit(job.bytes)) return false;
    this.#ledger.enter(job);
    return true;
  }

  #tryAdmitNested(job: Job, before: () => void): boolean {
    if (!this.#takesNested || !this.admission.tryAdmitNested(job.bytes)) return false;
    before();
    this.#ledger.enter(job);
    return true;
  }

  /** Waits for a place in `submit()`; rejects with why there is none: saturated, closed, late, or the signal's reason. */
  waitForPlace(job: Job): Promise<void> {
    const { maxWaiting } = this.#options;
    if (this.#callers >= maxWaiting && this.#state === 'open' && job.options.signal?.aborted !== true) {
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
    const isOpen = line === 'nested' ? this.#takesNested : this.#state === 'open';
    if (!isOpen) waiter.closed(this.closedError());
    else if (signal?.aborted === true) waiter.aborted(signal.reason);
    else if (line === 'nested') this.admission.waitFirst(waiter, 'nested');
    else this.admission.wait(waiter);
    return waiter;
  }

  /** May tasks that run still submit others? */
  get #takesNested(): boolean {
    return this.#state === 'open' || this.#state === 'draining';
  }

  /** Takes a place before there is a task for it: a pulling loop must not pull without one. */
  tryReserve(): boolean {
    return this.#state === 'open' && this.admission.tryAdmit(0);
  }

  /** The same, in line with everybody else. */
  reserve(): Reservation {
    const reservation = new Reservation();
    if (this.#state === 'open') this.admission.wait(reservation);
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
    if (this.#state !== 'open' || !this.admission.tryAddBytes(job.bytes)) {
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
    const { submitted, refused, fulfilled, rejected, cancelled, runTime, waitTime } = this.#counters;
    const { lanes } = this.#ledger.dispatcher.crew;
    const now = performance.now();
    const running = lanes.filter((lane) => lane.running).length;
    const { suspended } = this.#ledger;
    return Object.freeze({
      workers: this.#options.workers,
      busy: lanes.filter((lane) => lane.live > 0).length,
      running,
      suspended,
      pending: this.#ledger.unsettled - running - suspended,
      pendingBytes: this.admission.bytesTaken,
      waiting: submitted - refused - fulfilled - rejected - cancelled - this.#ledger.unsettled,
      submitted,
      fulfilled,
      rejected,
      cancelled,
      refused,
      runTimeMs: runTime.percentiles(now),
      waitTimeMs: waitTime.percentiles(now),
      saturated: this.admission.saturated,
    });
  }

  /** By worker; zeros for one whose thread is not up. */
  loopTimes(): LoopTimes[] {
    const { lanes } = this.#ledger.dispatcher.crew;
    return lanes.map(({ worker }) => worker?.loopTimes() ?? { activeMs: 0, idleMs: 0 });
  }

  /** Goes forward to the state that the mode asks for; resolves when every thread has ended. */
  shutdown(mode: ShutdownMode): Promise<void> {
    const state = stateFor[mode];
    if (order.indexOf(state) > order.indexOf(this.#state)) {
      this.#state = state;
      const error = this.closedError();
      this.admission.close(error, this.#takesNested ? ['others'] : ['nested', 'others']);
      for (const puller of this.pullers) puller.closed(error);
      if (state !== 'draining') this.#ledger.endUnclaimed('cancelled', error);
      if (state === 'killing') this.#ledger.cancelRunning(error);
    }
    this.#closed ??= this.#close();
    if (this.#state === 'killing') {
      this.#whenDrained?.();
      this.#ledger.dispatcher.crew.kill();
    } else this.#checkDrained();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await new Promise<void>((resolve) => (this.#whenDrained = resolve));
    await this.#ledger.dispatcher.crew.close(this.closedError());
    this.#state = 'closed';
    this.#ledger.unobserved.flush();
  }

  /** Drained: nothing is pending, no thread is at work, and no task waits in one. */
  #checkDrained(): void {
    if (this.#whenDrained !== null && this.admission.empty) this.#whenDrained();
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
    this.#checkDrained();
  }

  closedError(): ExecutorClosedError {
    return new ExecutorClosedError(`the executor '${this.#options.name}' has been shut down`);
  }

  /** What a submission now has to expect; those that wait for a place count as the mean task. */
  forecast(priority = 0, target?: TaskTarget): Forecast {
    const { backlog, dispatcher, unsettled } = this.#ledger;
    const { lanes } = dispatcher.crew;
    const meanMs = backlog.meanMs();
    const runMs = target === undefined ? meanMs : backlog.meanMs(target);
    if (meanMs === undefined) return { waitMs: undefined, runMs, unsettled };
    const inLineMs = (meanMs * this.admission.waiting) / lanes.length;
    return { waitMs: backlog.waitMs(priority, lanes, performance.now()) + inLineMs, runMs, unsettled };
  }
}
