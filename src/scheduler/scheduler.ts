import { ExecutorClosedError, SaturatedError } from '../errors.ts';
import type { TaskTimeoutError } from '../errors.ts';
import type { Task } from '../tasks/task.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import { Admission } from './admission.ts';
import { waitInLine } from './wait-in-line.ts';
import type { WorkerBackend } from './backend.ts';
import { Deadlines } from './deadlines.ts';
import { Dispatcher } from './dispatcher.ts';
import { Guard } from './guard.ts';
import { Job } from './job.ts';
import type { JobOwner } from './job.ts';
import { payloadBytes } from './payload-size.ts';
import { Signals } from './signals.ts';
import { Counters } from './stats.ts';
import type { ExecutorStats } from './stats.ts';
import { SubmitWaiter } from './submit-waiter.ts';
import { Unobserved } from './unobserved.ts';
import type { UnobservedErrorHandler } from './unobserved.ts';

export interface SchedulerOptions {
  readonly workers: number;
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  readonly maxWaiting: number;
  readonly maxTasksPerWorker: number;
  readonly interruptGraceMs: number;
  readonly onUnobservedError?: UnobservedErrorHandler | undefined;
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
  /** The pulling loops reserve their places here. */
  readonly admission: Admission;
  readonly #dispatcher: Dispatcher;
  readonly #deadlines = new Deadlines();
  readonly #signals = new Signals();
  readonly #counters = new Counters();
  readonly #unobserved: Unobserved;
  /** Admitted and not settled. */
  #unsettled = 0;
  #nextId = 1;
  #state: SchedulerState = 'open';
  #closed: Promise<void> | null = null;
  #whenDrained: (() => void) | null = null;

  constructor(backend: WorkerBackend, options: SchedulerOptions) {
    this.#options = options;
    this.admission = new Admission(options.workers + options.maxPending, options.maxPendingBytes);
    this.#unobserved = new Unobserved(options.onUnobservedError);
    this.#dispatcher = new Dispatcher(backend, options.workers, options.maxTasksPerWorker, {
      started: (job) => this.#started(job),
      settle: (job, status, value) => this.#settle(job, status, value),
      left: (job) => this.#left(job),
      bootFailed: (error) => this.#endUnclaimed('rejected', error),
    });
  }

  get state(): SchedulerState {
    return this.#state;
  }

  ready(): Promise<void> {
    if (this.#state !== 'open') return Promise.reject(new ExecutorClosedError());
    return this.#dispatcher.crew.ready();
  }

  /** A record for a submission. It counts as submitted from here on: admit it, refuse it or let it wait. */
  createJob(task: Task<unknown>, options: TaskOptions): Job {
    const bytes = task.args.length === 0 ? 0 : payloadBytes(task.args);
    this.#counters.submitted++;
    return new Job(this.#nextId++, task, options, bytes, this);
  }

  /** Admits the job if there is a place for it at once and nobody waits for one. */
  tryAdmit(job: Job): boolean {
    if (this.#state !== 'open' || !this.admission.tryAdmit(job.bytes)) return false;
    this.admitted(job);
    return true;
  }

  /** Stands in line for a place; rejects with why there is none: saturated, closed, late, or the signal's reason. */
  waitForPlace(job: Job): Promise<void> {
    const { signal } = job.options;
    const { maxWaiting } = this.#options;
    if (this.#state !== 'open') return Promise.reject(this.refuse(job, new ExecutorClosedError()));
    if (signal?.aborted) return Promise.reject(this.abortWaiting(job, signal.reason));
    if (this.admission.waiting >= maxWaiting) {
      const message = `${maxWaiting} callers wait for a place already (maxWaiting)`;
      return Promise.reject(this.refuse(job, this.saturated(message, maxWaiting)));
    }
    const waiter = new SubmitWaiter(
      job,
      (leaving) => this.admission.leave(leaving),
      this.#signals,
      this.#deadlines,
      {
        admitted: () => this.admitted(job),
        refused: (_, error) => this.refuse(job, error),
        waitedTooLong: (_, maxWaitMs) =>
          this.refuse(job, this.saturated(`no place within ${maxWaitMs} ms (maxWaitMs)`)),
        aborted: (_, reason) => this.abortWaiting(job, reason),
      },
    );
    this.admission.wait(waiter);
    return waiter.promise;
  }

  /** Takes a place before there is a task for it: a pulling loop must not pull without one. */
  tryReserve(): boolean {
    return this.#state === 'open' && this.admission.tryAdmit(0);
  }

  /** The same, in line with everybody else. */
  reserve(): Promise<void> {
    if (this.#state !== 'open') return Promise.reject(new ExecutorClosedError());
    return waitInLine(this.admission, true, 0);
  }

  /**
   * Gives a job the place that was reserved for it; a promise if it must wait for its bytes. The place is in the job's
   * hands from here on: if the executor closes meanwhile, the job is refused and its place goes back.
   */
  admitReserved(job: Job): Promise<void> | undefined {
    if (this.#state !== 'open' || !this.admission.tryAddBytes(job.bytes)) return this.#waitForBytes(job);
    this.admitted(job);
    return undefined;
  }

  async #waitForBytes(job: Job): Promise<void> {
    try {
      if (this.#state === 'open') await waitInLine(this.admission, false, job.bytes);
      if (this.#state !== 'open') throw new ExecutorClosedError();
    } catch (error) {
      this.releasePlace();
      throw this.refuse(job, error);
    }
    this.admitted(job);
  }

  /** The job holds a place, and its bytes: it goes on to the dispatcher. */
  admitted(job: Job): void {
    this.#unsettled++;
    if (Guard.needed(job)) {
      job.guard = new Guard(job, this.#signals, this.#deadlines, {
        cancel: (_, reason, interrupt) => this.cancel(job, reason, interrupt),
        expire: (_, error, interrupt) => this.#expire(job, error, interrupt),
      });
    }
    this.#dispatcher.enqueue(job);
  }

  /** Ends a submission that was never admitted. */
  refuse<E>(job: Job, error: E): E {
    job.settle('rejected', error);
    this.#counters.refused++;
    return error;
  }

  saturated(message: string, limit: number = this.admission.capacity): SaturatedError {
    const { pending } = this.stats();
    return new SaturatedError(message, { limit, pending, retryAfterMs: this.#retryAfterMs() });
  }

  /** Cancels a job wherever it stands; see `Future.cancel`. */
  cancel(job: Job, reason: unknown, interrupt: boolean): boolean {
    if (job.done) return job.status === 'cancelled';
    return this.#end(job, 'cancelled', reason, interrupt && job.options.interrupt === true);
  }

  stats(): ExecutorStats {
    const { submitted, refused, fulfilled, rejected, cancelled, runTime, waitTime } = this.#counters;
    const { lanes } = this.#dispatcher.crew;
    const running = lanes.filter((lane) => lane.running).length;
    return Object.freeze({
      workers: this.#options.workers,
      busy: lanes.filter((lane) => lane.live > 0).length,
      running,
      pending: this.#unsettled - running,
      pendingBytes: this.admission.bytesTaken,
      waiting: submitted - refused - fulfilled - rejected - cancelled - this.#unsettled,
      submitted,
      fulfilled,
      rejected,
      cancelled,
      refused,
      runTimeMs: runTime.percentiles(),
      waitTimeMs: waitTime.percentiles(),
      saturated: this.admission.saturated,
    });
  }

  /** Goes forward to the state that the mode asks for; resolves when every thread has ended. */
  shutdown(mode: ShutdownMode): Promise<void> {
    const state = stateFor[mode];
    if (order.indexOf(state) > order.indexOf(this.#state)) {
      this.#state = state;
      const error = new ExecutorClosedError();
      this.admission.close(error);
      if (state !== 'draining') this.#endUnclaimed('cancelled', error);
      if (state === 'killing') this.#cancelRunning(error);
    }
    this.#closed ??= this.#close();
    if (this.#state === 'killing') this.#whenDrained?.();
    else this.#checkDrained();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await new Promise<void>((resolve) => (this.#whenDrained = resolve));
    await this.#dispatcher.crew.close();
    this.#state = 'closed';
    this.#unobserved.flush();
  }

  /** Drained: no place is held, so nothing is pending, and no thread is at work. */
  #checkDrained(): void {
    if (this.admission.placesTaken === 0) this.#whenDrained?.();
  }

  /** Ends what has not begun; `only` those of one pulling loop, if given. */
  cancelUnclaimed(reason: unknown, only: object): void {
    this.#endUnclaimed('cancelled', reason, only);
  }

  #endUnclaimed(status: 'rejected' | 'cancelled', value: unknown, only?: object): void {
    for (const job of this.#dispatcher.jobs()) {
      if (only !== undefined && !job.isHeardBy(only)) continue;
      if (job.done || !this.#dispatcher.withdraw(job)) continue;
      this.#settle(job, status, value);
      this.#left(job);
    }
  }

  #cancelRunning(error: unknown): void {
    for (const job of this.#dispatcher.jobs()) if (!job.done) this.#settle(job, 'cancelled', error);
  }

  #expire(job: Job, error: TaskTimeoutError, interrupt: boolean): void {
    if (!job.done) this.#end(job, 'rejected', error, interrupt);
  }

  /** Settles a job before its time. False if it has finished, and its result is on its way. */
  #end(job: Job, status: 'rejected' | 'cancelled', value: unknown, interrupt: boolean): boolean {
    if (job.status === 'waiting') return false;
    if (this.#dispatcher.withdraw(job)) {
      this.#settle(job, status, value);
      this.#left(job);
      return true;
    }
    const { delivery } = job;
    if (delivery?.askToStop(job.position) !== true) return false;
    this.#settle(job, status, value);
    if (interrupt) {
      // Not before the grace period is over, and only if the thread still has not got rid of it.
      this.#deadlines.set(this.#options.interruptGraceMs, () => this.#dispatcher.endThreadOf(delivery));
    }
    return true;
  }

  /** Ends a submission whose signal was aborted before it had a place. */
  abortWaiting<E>(job: Job, reason: E): E {
    job.settle('cancelled', reason);
    this.#counters.cancelled++;
    return reason;
  }

  #started(job: Job): void {
    job.guard?.started();
    this.#releaseBytes(job);
  }

  #settle(job: Job, status: 'fulfilled' | 'rejected' | 'cancelled', value: unknown): void {
    job.guard?.dispose();
    this.#unsettled--;
    job.settle(status, value);
    this.#counters.settled(job);
    if (status === 'rejected' && !job.observed) this.#unobserved.add(job);
  }

  #left(job: Job): void {
    this.#releaseBytes(job);
    this.releasePlace();
  }

  /** Gives back a place: of a job that has left, or one that was reserved in vain. */
  releasePlace(): void {
    this.admission.releasePlace();
    if (this.#state !== 'open') this.#checkDrained();
  }

  #releaseBytes(job: Job): void {
    if (job.bytes === 0) return;
    const { bytes } = job;
    job.bytes = 0;
    this.admission.releaseBytes(bytes);
  }

  /** The backlog's expected run time, shared by the workers; undefined until a run time is known. */
  #retryAfterMs(): number | undefined {
    const { runTime } = this.#counters;
    if (runTime.count === 0) return undefined;
    return (runTime.meanMs * this.admission.placesTaken) / this.#options.workers;
  }
}
