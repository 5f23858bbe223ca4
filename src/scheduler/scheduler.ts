import { SaturatedError } from '../base/errors.ts';
import type { ExecutorClosedError } from '../base/errors.ts';
import { Task } from '../tasks/task.ts';
import type { TaskTarget } from '../tasks/task.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import { Admission } from './admission/admission.ts';
import type { LoopTimes } from './dispatch/backend.ts';
import type { Forecast } from './figures/forecast.ts';
import { Deadlines } from '../base/deadlines.ts';
import { whyAsked } from './job/failure.ts';
import type { FailureReason } from './job/failure.ts';
import type { ExecutorInspection } from './inspection.ts';
import { LiveStreams } from './live-streams.ts';
import { publishSubmit, taskChannels } from './job/diagnostics.ts';
import type { StartEngine } from './engine.ts';
import { Job } from './job/job.ts';
import { AdmittedJobs } from './admitted-jobs.ts';
import { Lifecycle } from './lifecycle.ts';
import type { Puller, SchedulerState, ShutdownMode } from './lifecycle.ts';
import { NestedJobs } from './nesting/children.ts';
import type { JobOwner } from './job/job.ts';
import { ItemFlows } from './item-flows.ts';
import { payloadBytes } from '../tasks/payload-size.ts';
import { Reservations } from './admission/reservations.ts';
import type { SchedulerOptions } from './scheduler-options.ts';
import { takeForecast, takeInspection, takeStats } from './snapshot.ts';
import { Counters } from './figures/stats.ts';
import type { ExecutorStats } from './figures/stats.ts';
import { SubmitLine } from './admission/submit-line.ts';
import { Unadmitted } from './admission/unadmitted.ts';
import { Transitions } from './transitions.ts';

/**
 * Makes a job of every submission, and admits it, lets it wait or refuses it. `AdmittedJobs` takes over the admitted jobs;
 * `Lifecycle` ends the executor.
 */
export class Scheduler implements JobOwner {
  readonly #options: SchedulerOptions;
  readonly transitions: Transitions = new Transitions();
  readonly admission: Admission;
  readonly unadmitted: Unadmitted;
  readonly line: SubmitLine;
  readonly reservations: Reservations;
  readonly #admittedJobs: AdmittedJobs;
  readonly #deadlines = new Deadlines();
  readonly #counters = new Counters();
  readonly #nested: NestedJobs;
  /** Opens what jobs read and yield item by item. */
  readonly items: ItemFlows;
  /** The loops over sources, for `inspect()`. */
  readonly streams: LiveStreams = new LiveStreams();
  #nextId = 1;
  readonly #lifecycle: Lifecycle;

  constructor(startEngine: StartEngine, options: SchedulerOptions) {
    this.#options = options;
    this.admission = new Admission(options.workers + options.maxPending, options.maxPendingBytes);
    this.unadmitted = new Unadmitted(this.transitions, options, this.#counters);
    this.#nested = new NestedJobs({
      transitions: this.transitions,
      admission: this.admission,
      create: (task, given) => this.createJob(task, given, 'fromTasks'),
      tryAdmit: (job, before) => this.#tryAdmitNested(job, before),
      wait: (job) => this.line.waitNested(job),
      cancel: (job, reason, why) => void this.cancel(job, reason, true, why),
      readOn: (job) => this.items.readOn(job),
    });
    this.#admittedJobs = new AdmittedJobs(startEngine, options, {
      transitions: this.transitions,
      admission: this.admission,
      counters: this.#counters,
      deadlines: this.#deadlines,
      nested: this.#nested,
    });
    this.items = new ItemFlows(this, this.admission, this.#admittedJobs.engine);
    this.#lifecycle = new Lifecycle(options.name, this.transitions, this.admission, this.#admittedJobs);
    const { transitions, admission } = this;
    this.reservations = new Reservations(transitions, admission, this.#lifecycle);
    this.line = new SubmitLine({
      transitions,
      admission,
      deadlines: this.#deadlines,
      lifecycle: this.#lifecycle,
      unadmitted: this.unadmitted,
      maxWaiting: options.maxWaiting,
      admitted: (job) => this.#admittedJobs.enter(job),
      saturated: (message, limit) => this.#saturated(message, limit),
    });
  }

  get name(): string {
    return this.#options.name;
  }

  get executorId(): number {
    return this.#options.executorId;
  }

  get state(): SchedulerState {
    return this.#lifecycle.state;
  }

  /** Loops that wait for their sources; a shutdown tells them. */
  get pullers(): Set<Puller> {
    return this.#lifecycle.pullers;
  }

  ready(workers: number = this.#options.workers): Promise<void> {
    if (this.state !== 'open') return Promise.reject(this.closedError());
    return this.#admittedJobs.engine.ready(workers);
  }

  /**
   * Makes the job of a submission. The job counts as submitted from here on: the caller must admit it, refuse it or let it wait.
   * It may have settled already, if a subscriber of the submit channel has cancelled it.
   *
   * @param from the counter of its origin; undefined if a caller has submitted it.
   */
  createJob(task: Task<unknown>, options: TaskOptions, from?: 'fromStreams' | 'fromTasks'): Job {
    const args = Task.argsOf(task);
    const sources = this.items.sourcesOf(args, options.transfer);
    const bytes = payloadBytes(sources === null ? args : sources.args);
    this.#counters.submitted++;
    if (from !== undefined) this.#counters[from]++;
    const job = new Job(this.#nextId++, task, options, bytes, this);
    if (sources !== null) this.items.openSources(job, sources);
    // A transition: news of what a subscriber does follows after all subscribers have heard of the submission.
    if (taskChannels.submit.hasSubscribers) this.transitions.run(() => publishSubmit(this.#options, job));
    return job;
  }

  get workers(): number {
    return this.#options.workers;
  }

  /**
   * The program has dropped the job's iteration unread: cancels the job if it waits for its reader. If the job does not wait yet,
   * `AdmittedJobs` cancels it once it does.
   */
  abandon(job: Job): void {
    this.transitions.run(() => this.#admittedJobs.endAbandoned(job));
  }

  /** Admits the job if a place and its bytes are free and no line has a waiter. */
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
      this.#admittedJobs.enter(job);
    } finally {
      this.transitions.end();
    }
  }

  /**
   * Admits an unsettled job to the place that was reserved for it, if the job's bytes are free and the executor is open. Otherwise
   * it gives the place back.
   */
  tryAdmitReserved(job: Job): boolean {
    if (job.done || this.state !== 'open' || !this.admission.tryAddBytes(job.bytes)) {
      this.reservations.release();
      return false;
    }
    this.#enter(job);
    return true;
  }

  #saturated(message: string, limit: number = this.admission.capacity): SaturatedError {
    const { pending } = this.stats();
    return new SaturatedError(message, { limit, pending, retryAfterMs: this.forecast(-Infinity).waitMs });
  }

  /** Cancels a job wherever it stands; see `Future.cancel`. */
  cancel(job: Job, reason: unknown, interrupt: boolean, why: FailureReason = whyAsked(reason)): boolean {
    if (job.status !== 'waiting') return this.#admittedJobs.early.cancel(job, reason, interrupt, why);
    const { waiter } = job;
    if (waiter !== null && 'leave' in waiter) waiter.leave(reason, why);
    else this.unadmitted.abort(job, reason, why);
    return true;
  }

  stats(): ExecutorStats {
    return takeStats(this.#options.workers, this.admission, this.#admittedJobs, this.#counters);
  }

  /** A snapshot of workers, loops and tasks; see `Executor.inspect()`. */
  inspect(): ExecutorInspection {
    return takeInspection({
      identity: this.#options,
      state: this.state,
      admission: this.admission,
      engine: this.#admittedJobs.engine,
      unsettled: this.#admittedJobs.unsettled,
      counters: this.#counters,
      streams: this.streams.inspect(),
    });
  }

  /** The jobs that workers execute at this instant; a cancelled job that has not returned counts. */
  atWork(): Job[] {
    return this.#admittedJobs.engine.slots.flatMap(({ runningJob }) => runningJob ?? []);
  }

  /** Loop times by worker; both are 0 while a worker's thread is not up. */
  loopTimes(): LoopTimes[] {
    return this.#admittedJobs.engine.slots.map(({ loopTimes }) => loopTimes);
  }

  /** Goes forward to the state that the mode asks for; resolves when every thread has ended. */
  shutdown(mode: ShutdownMode): Promise<void> {
    return this.transitions.run(() => this.#lifecycle.shutdown(mode));
  }

  /** Cancels those of these jobs that no worker has begun. */
  cancelUnclaimed(reason: unknown, jobs: Iterable<Job>): void {
    this.transitions.run(() => this.#admittedJobs.endUnclaimed('cancelled', reason, 'left', jobs));
  }

  closedError(): ExecutorClosedError {
    return this.#lifecycle.closedError();
  }

  /** The expected wait and run time of a task submitted now; see `takeForecast()`. */
  forecast(priority = 0, target?: TaskTarget): Forecast {
    return takeForecast(this.admission, this.#admittedJobs, priority, target);
  }
}
