import type { Task } from '../tasks/task.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import type { LoopTimes, NestedCall } from './dispatch/backend.ts';
import type { Deadlines } from '../base/deadlines.ts';
import type { Job } from './job/job.ts';
import type { Transitions } from './transitions.ts';

/**
 * What runs admitted jobs. Above it is what is promised: admission, futures, streams, deadlines, figures. Below it is where jobs
 * run: the `Dispatcher` is the engine of this process's own workers.
 *
 * An engine keeps the queue of the jobs that it has not sent. It writes where a job stands (`delivery`, `position`, `status`
 * between `queued` and `sent`), and reports the rest through `EngineEvents`.
 */
export interface Engine {
  /** The places at which jobs run, one for each worker. */
  readonly slots: readonly Slot[];
  enqueue(job: Job): void;
  /** Takes out a job that no worker has claimed. False: it is running, or has run. Exact. */
  withdraw(job: Job): boolean;
  /** Asks a running job to stop: true if it was running and had not finished. */
  askToStop(job: Job, reason: unknown): boolean;
  /** Tells a job that was asked to stop the reason, when the books are in order: the reason's getters may do anything. */
  tellToStop(job: Job): void;
  /**
   * Ends the worker that runs this job, which has settled and travels alone.
   *
   * @param force also if nothing seems to run: the job has ended and only its result is missing, or it waits for jobs of its own,
   *   and goes on all the same.
   * @returns false if that is so, or if it waits while others have the worker: ask again a little later, by force.
   */
  endWorkerOf(job: Job, force: boolean): boolean;
  /** Every job that is queued or sent, in no particular order. */
  jobs(): Job[];
  /** Resolves when every worker is up; rejects when one can't be started. */
  ready(): Promise<void>;
  /** Lets all workers clean up and ends them; resolves when they have ended. Callers of `ready()` get `error`. */
  close(error: unknown): Promise<void>;
  /** Ends all workers at once, those that clean up included. */
  kill(): void;
}

/** One of the places at which an engine runs jobs, at this instant. */
export interface Slot {
  /** What it executes, a job included that was cancelled and has not returned. */
  readonly runningJob: Job | undefined;
  /** Does it execute a job that has not settled? */
  readonly running: boolean;
  /** Has it anything left to do? */
  readonly busy: boolean;
  /** Jobs that wait there for jobs of their own. */
  readonly suspended: number;
  readonly loopTimes: LoopTimes;
}

/** What an engine reports, within a transition and after its own books are in order. */
export interface EngineEvents {
  /** A worker has claimed the job. Told only of one with so many bytes that it matters. */
  began(job: Job): void;
  /** It has ended by itself. Not called for one that was cancelled while it ran. */
  settle(job: Job, status: 'fulfilled' | 'rejected', value: unknown): void;
  /** Its worker is free of it. Called once for each job that was enqueued, unless it was withdrawn. */
  left(job: Job, ranMs: number | undefined): void;
  /** A job waits for jobs of its own, and its place is about to go to others. */
  waits(job: Job): void;
  /** A job will be run again from its beginning. */
  restarts(job: Job): void;
  /** A running job submits a task. @returns how to cancel it. */
  called(parent: Job, task: Task<unknown>, options: TaskOptions, call: NestedCall): (reason: unknown) => void;
  /** No worker can be started: everything that waits must be told. */
  bootFailed(error: unknown): void;
}

/** What an engine shares with the scheduler that it works for. */
export interface EngineHost {
  readonly transitions: Transitions;
  readonly deadlines: Deadlines;
  readonly events: EngineEvents;
}

export type StartEngine = (host: EngineHost) => Engine;
