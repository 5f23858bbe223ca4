import { isAborted, reasonOf } from '../base/on-abort.ts';
import type { Admission } from './admission/admission.ts';
import { Forecaster } from './figures/forecast.ts';
import type { Deadlines } from '../base/deadlines.ts';
import {
  publishFail,
  publishSettle,
  publishStart,
  settlementsHeard,
  taskChannels,
} from './job/diagnostics.ts';
import { EarlyEnds } from './early-ends.ts';
import type { Engine, EngineEvents, StartEngine } from './engine.ts';
import { Watchdog } from './job/watchdog.ts';
import type { WatchdogActions } from './job/watchdog.ts';
import type { FailureReason } from './job/failure.ts';
import type { ExecutorIdentity } from './executor-id.ts';
import type { Job } from './job/job.ts';
import type { Parenthood } from './job/job-parts.ts';
import { Standstill } from './standstill.ts';
import { SubmitWaiter } from './admission/submit-waiter.ts';
import type { NestedJobs } from './nesting/children.ts';
import type { SchedulerOptions } from './scheduler-options.ts';
import type { Counters } from './figures/stats.ts';
import type { Transitions } from './transitions.ts';
import { Unobserved } from './job/unobserved.ts';

/** The parts of the scheduler that `AdmittedJobs` uses. */
export interface AdmittedJobsParts {
  readonly transitions: Transitions;
  readonly admission: Admission;
  readonly counters: Counters;
  readonly deadlines: Deadlines;
  /** The jobs that running jobs submit. */
  readonly nested: NestedJobs;
}

/**
 * The admitted jobs, from their admission until their worker is free of them.
 *
 * A job has two ends. It *settles* once, which may be early: cancelled or timed out while it runs. It *leaves* once, when no worker
 * has it any more; only then does its place go back.
 */
export class AdmittedJobs {
  readonly engine: Engine;
  readonly early: EarlyEnds;
  readonly unobserved: Unobserved;
  readonly forecaster: Forecaster = new Forecaster();
  readonly #identity: ExecutorIdentity;
  readonly #parts: AdmittedJobsParts;
  readonly #standstill: Standstill;
  readonly #watchdogActions: WatchdogActions = {
    cancel: (job, reason, interrupt, why) => void this.early.cancel(job, reason, interrupt, why),
    expire: (job, error, interrupt, why) =>
      this.#parts.transitions.run(() => this.early.expire(job, error, interrupt, why)),
  };
  #unsettled = 0;

  constructor(startEngine: StartEngine, options: SchedulerOptions, parts: AdmittedJobsParts) {
    this.#parts = parts;
    this.#identity = options;
    this.unobserved = new Unobserved(options.onUnobservedError);
    const events: EngineEvents = {
      began: (job) => this.#began(job),
      settle: (job, status, value, why) => this.#settle(job, status, value, why),
      left: (job, ranMs) => this.#left(job, ranMs),
      waits: (job) => this.#waits(job),
      restarts: (job) => this.#restarts(job),
      called: (parent, task, options, call) => parts.nested.submit(parent, task, options, call),
      bootFailed: (error) => {
        // Refuse the waiters first: a place that becomes free now must not go to one of them.
        this.#parts.admission.close(error);
        this.endUnclaimed('rejected', error, 'crashed');
      },
    };
    const { transitions, deadlines } = parts;
    this.engine = startEngine({ transitions, deadlines, events });
    const { engine } = this;
    this.#standstill = new Standstill({
      name: options.name,
      admission: parts.admission,
      engine,
      counts: () => ({ unsettled: this.#unsettled, suspended: this.suspended }),
    });
    this.early = new EarlyEnds({
      engine,
      transitions,
      deadlines,
      interruptGraceMs: options.interruptGraceMs,
      settle: (job, status, value, why) => this.#settle(job, status, value, why),
      left: (job) => this.#left(job, undefined),
    });
  }

  /** Number of admitted jobs that have not settled. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Number of admitted jobs that wait: for child jobs, the reader of their items, or items. */
  get suspended(): number {
    return this.engine.slots.reduce((sum, { suspended }) => sum + suspended, 0);
  }

  /** Enters a job that holds a place, and its bytes. */
  enter(job: Job): void {
    this.#unsettled++;
    this.forecaster.enter(job);
    job.holdsBytes = true;
    if (job.asParent !== null) this.#meets(job, job.asParent);
    const { signal } = job.options;
    if (signal !== undefined && isAborted(signal))
      return this.#settleAndLeave(job, 'cancelled', reasonOf(signal), 'signal');
    if (Watchdog.needed(job)) job.watchdog = new Watchdog(job, this.#parts.deadlines, this.#watchdogActions);
    return this.engine.enqueue(job);
  }

  /** Lets jobs of this executor that read each other's items give up their places while they wait for one another. */
  #meets(job: Job, asParent: Parenthood<Job>): void {
    const { sources, reader } = asParent;
    for (const producer of sources?.producers ?? [])
      if (producer.asParent?.reader === job) producer.asParent.yieldPlace();
    if (reader === null) return;
    if (reader.waiter instanceof SubmitWaiter) this.#parts.admission.promote(reader.waiter);
    asParent.yieldPlace();
  }

  /** Ends the jobs that no worker has begun. @param jobs default: all. */
  endUnclaimed(
    status: 'rejected' | 'cancelled',
    value: unknown,
    why: FailureReason,
    jobs: Iterable<Job> = this.engine.jobs(),
  ): void {
    for (const job of jobs) {
      if (job.done) continue;
      if (this.engine.withdraw(job)) this.#settleAndLeave(job, status, value, why);
      else {
        this.engine.recall?.(job, () => {
          if (!job.done) this.#settle(job, status, value, why);
          this.#left(job, undefined);
        });
      }
    }
  }

  /** Cancels generators whose reader is not a task: they could go on for as long as their readers like. */
  cancelIterations(reason: unknown): void {
    for (const job of this.engine.jobs())
      if (job.nesting === 0 && job.flow?.isGenerator === true)
        this.early.cancel(job, reason, false, 'shutdown');
  }

  /** Ends the sources that tasks read, which could be endless. The tasks get the reason, and may finish. */
  endSources(reason: unknown): void {
    for (const job of this.engine.jobs())
      if (!job.done) job.sources?.end(reason, (news) => job.tellWorker(news));
  }

  /** Cancels all unsettled jobs; the caller ends their threads. */
  cancelRunning(reason: unknown): void {
    for (const job of this.engine.jobs()) if (!job.done) this.#settle(job, 'cancelled', reason, 'shutdown');
  }

  #settleAndLeave(job: Job, status: 'rejected' | 'cancelled', value: unknown, why: FailureReason): void {
    this.#settle(job, status, value, why);
    this.#left(job, undefined);
  }

  #settle(
    job: Job,
    status: 'fulfilled' | 'rejected' | 'cancelled',
    value: unknown,
    why: FailureReason = 'threw',
  ): void {
    job.watchdog?.dispose();
    this.#unsettled--;
    const { transitions, counters } = this.#parts;
    if (settlementsHeard()) publishSettle(transitions, this.#identity, job, status, value);
    if (status !== 'fulfilled' && taskChannels.fail.hasSubscribers)
      publishFail(transitions, this.#identity, job, { status, error: value, why });
    counters.settled(job, status);
    job.settle(status, value);
    const { asParent } = job;
    if (asParent !== null) transitions.chore(() => this.#parts.nested.abandon(job, asParent));
    if (status === 'rejected' && !job.observed) this.unobserved.add(job);
  }

  /** A job has begun: releases its bytes, unless the job has retries left and may need its arguments again. */
  #began(job: Job): void {
    if (job.retriesLeft === 0) this.#releaseBytes(job);
    if (taskChannels.start.hasSubscribers && !job.done)
      publishStart(this.#parts.transitions, this.#identity, job);
  }

  #left(job: Job, ranMs: number | undefined): void {
    this.forecaster.leave(job, ranMs);
    this.#releaseBytes(job);
    const { admission } = this.#parts;
    if (job.asParent?.holdsPlace !== false) admission.releasePlace();
    admission.tellIfEmpty();
  }

  /**
   * A job waits. It releases its bytes, for which its child jobs could otherwise wait for ever. The forecast forgets it: the rest of
   * its work is little compared with its child jobs, which count themselves.
   */
  #waits(job: Job): void {
    this.#began(job);
    this.#releaseBytes(job);
    this.forecaster.forget(job);
    if (job.asParent?.holdsPlace === true) this.#standstill.watch();
    if (job.flow?.isAbandoned === true) this.#parts.transitions.chore(() => this.endAbandoned(job));
  }

  /** Cancels a generator that waits for a reader, after the program has dropped the iteration. */
  endAbandoned(job: Job): void {
    const reason = new DOMException('The program dropped the iteration unread', 'AbortError');
    if (job.asParent?.awaitsReader === true) this.early.cancel(job, reason, false, 'left');
  }

  /** A job runs again after its thread has crashed: takes its place and bytes again, and cancels its child jobs. */
  #restarts(job: Job): void {
    job.startedAt = undefined;
    const { asParent } = job;
    if (asParent === null) return;
    asParent.left();
    this.#parts.admission.takeAnyway(asParent.holdsPlace ? 0 : 1, job.holdsBytes ? 0 : job.bytes);
    job.holdsBytes = true;
    job.asParent = asParent.again();
    this.forecaster.forget(job);
    this.forecaster.count(job);
    this.#parts.transitions.chore(() => this.#parts.nested.abandon(job, asParent));
  }

  #releaseBytes(job: Job): void {
    if (!job.holdsBytes) return;
    job.holdsBytes = false;
    this.#parts.admission.releaseBytes(job.bytes);
  }
}
