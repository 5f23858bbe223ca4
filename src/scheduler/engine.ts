import type { Task } from '../tasks/task.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import type { CallHandle, LoopTimes, NestedCall } from './dispatch/backend.ts';
import type { Deadlines } from '../base/deadlines.ts';
import type { WorkerInspection } from './inspection.ts';
import type { Job } from './job/job.ts';
import type { Transitions } from './transitions.ts';

/**
 * Runs admitted jobs. The scheduler above it keeps the promises: admission, futures, streams, deadlines, figures. The engine decides
 * where jobs run: the `Dispatcher` is the engine of this process's own workers.
 *
 * An engine keeps the queue of the jobs that it has not sent. It writes where a job stands (`batch`, `position`, `status`
 * between `queued` and `sent`), and reports everything else through `EngineEvents`.
 */
export interface Engine {
  /** The places at which jobs run, one for each worker. */
  readonly slots: readonly Slot[];
  enqueue(job: Job): void;
  /** Removes a job that no worker has claimed. Returns false if the job is running or has run. Exact. */
  withdraw(job: Job): boolean;
  /**
   * Asks for a job that `withdraw` could not remove, because only its remote worker knows whether the job has begun. An engine whose
   * `withdraw` is always exact lacks this method.
   *
   * @param taken called within a transition if the job will never run; the engine has forgotten the job then.
   */
  recall?(job: Job, taken: () => void): void;
  /** Tells a generator that waits for its reader that the reader has read. An engine that can't carry items lacks this method. */
  readOn?(job: Job): void;
  /** Asks a running job to stop. Returns true if the job was running and had not finished. */
  askToStop(job: Job, reason: unknown): boolean;
  /** Sends the reason to a job that was asked to stop, once the books are in order: the reason's getters may do anything. */
  tellToStop(job: Job): void;
  /**
   * Ends the worker that runs this job, which has settled and travels alone.
   *
   * @param force end the worker even if it seems to run nothing: the job has ended and only its result is missing, or the job waits.
   * @returns false if the worker seems to run nothing and `force` is false, or if the job waits while another job has the worker:
   *   call again a little later, with `force`.
   */
  endWorkerOf(job: Job, force: boolean): boolean;
  /** Jobs that no worker has. */
  readonly queued: number;
  /** Every job that is queued or sent, in no particular order. */
  jobs(): Job[];
  /** Workers that are up or starting, at most one for each slot. */
  readonly workers: number;
  /** Starts workers until this many are up, then resolves; rejects if a worker can't be started. */
  ready(workers: number): Promise<void>;
  /** Lets all workers clean up and ends them; resolves when they have ended. Waiting callers of `ready()` get `error`. */
  close(error: unknown): Promise<void>;
  /** Ends all workers at once, also those that are cleaning up. */
  kill(): void;
}

/** One of the places at which an engine runs jobs, at this instant. */
export interface Slot {
  /** The job that its worker executes; a cancelled job that has not returned counts. */
  readonly runningJob: Job | undefined;
  /** Does its worker execute an unsettled job? */
  readonly running: boolean;
  /** Has its worker anything left to do? */
  readonly busy: boolean;
  /** Jobs that wait in its worker: for child jobs, for the reader of their items, or for items. */
  readonly suspended: number;
  readonly loopTimes: LoopTimes;
  /** The state of its worker, for monitoring. An engine that can't tell lacks this method. */
  inspect?(): WorkerInspection;
  /**
   * Expected milliseconds until its worker is up: 0 if the worker is up, the time of a boot if none was started.
   *
   * @param now milliseconds on the clock of `performance.now()`.
   */
  readyInMs(now: number): number;
}

/** The events that an engine reports after its own books are in order; all but `called` within a transition. */
export interface EngineEvents {
  /** A worker has claimed the job. Reported for jobs with large arguments, and for lone jobs while starts have subscribers. */
  began(job: Job): void;
  /**
   * The job has ended by itself. Not called for a job that was cancelled while it ran.
   *
   * @param why `'crashed'` if its worker ended while it had the job; otherwise a rejected job has thrown.
   */
  settle(job: Job, status: 'fulfilled' | 'rejected', value: unknown, why?: 'crashed'): void;
  /** Its worker is free of the job. Called once for each enqueued job that was neither withdrawn nor recalled. */
  left(job: Job, ranMs: number | undefined): void;
  /** A job waits for child jobs, its reader or items. If it does not keep its place, the place is about to go to others. */
  waits(job: Job): void;
  /** A job will be run again from its beginning. */
  restarts(job: Job): void;
  /** A running job submits a task. */
  called(parent: Job, task: Task<unknown>, options: TaskOptions, call: NestedCall): CallHandle;
  /** No worker can be started: the scheduler must reject everything that waits. */
  bootFailed(error: unknown): void;
}

/** The parts of its scheduler that an engine uses. */
export interface EngineHost {
  readonly transitions: Transitions;
  readonly deadlines: Deadlines;
  readonly events: EngineEvents;
}

export type StartEngine = (host: EngineHost) => Engine;
