import { Task } from '../tasks/task.ts';
import type { Job } from './job/job.ts';

/** The task that a thread executes at this instant. */
export interface RunningTask {
  /** The future's `id`. */
  readonly id: number;
  readonly label: string;
  /** A small integer that identifies the function in this thread. */
  readonly functionId: number;
  readonly functionName: string;
  /** The task module's URL. */
  readonly module: string;
  /** When the thread began the task, milliseconds on `performance.now()`; undefined if it is not known. */
  readonly since: number | undefined;
  /** True if the future has settled already: the task was cancelled or timed out, and has not returned. */
  readonly settled: boolean;
}

/** One worker at this instant. */
export interface WorkerInspection {
  /** Its index among the executor's workers, from 0. */
  readonly worker: number;
  /**
   * `cold`: the place has no thread; `starting`; `open`: the thread takes tasks; `retiring`: it finishes its tasks and is replaced;
   * `leaving`: it was idle too long and cleans up; `standby` and `ended` in between.
   */
  readonly state: string;
  /** `threadId` of `node:worker_threads`; undefined while no thread is up. */
  readonly threadId: number | undefined;
  /** Tasks sent to the worker and not answered, the running task included. */
  readonly sent: number;
  /** Tasks that wait in the worker: for their own tasks, for the reader of their items, or for items. */
  readonly suspended: number;
  readonly task: RunningTask | undefined;
}

/** One loop over a source, or one iteration, at this instant. */
export interface StreamInspection {
  /** Counts up from 1 in each executor. */
  readonly id: number;
  /** The executor's method that made it: `map`, `asCompleted`, `flatMap`, `iterate`, `stream` or `duplex`. */
  readonly kind: string;
  /** The most tasks in flight or unread; in a loop over generators, the most that are open; 1 of an iteration. */
  readonly window: number;
  /** Tasks in flight or unread now. */
  readonly open: number;
  /** Tasks that have ended and are unread. */
  readonly unread: number;
  /** Items pulled from the source so far. */
  readonly pulled: number;
  /** What the loop waits for: its source, a place in the executor, its tasks, or its reader. */
  readonly waitsFor: 'source' | 'place' | 'tasks' | 'reader';
}

/** An executor at this instant, for monitoring. */
export interface ExecutorInspection {
  /** The executor's name. */
  readonly executor: string;
  /** Unique among the executors of this thread. */
  readonly executorId: number;
  /** When the inspection was taken, milliseconds on `performance.now()`. */
  readonly at: number;
  /** `open`: the executor takes tasks; the other states lead to its end. */
  readonly state: 'open' | 'draining' | 'cancelling' | 'killing' | 'closed';
  readonly workers: readonly WorkerInspection[];
  readonly streams: readonly StreamInspection[];
  /** How many tasks are where. */
  readonly tasks: {
    /** Tasks without a place: submitted by waiting callers or running tasks, or pulled by streams. */
    readonly waiting: number;
    /** Admitted tasks that no worker has. */
    readonly queued: number;
    /** Tasks that a worker has and has not begun, and ended tasks whose results are on their way. */
    readonly sent: number;
    readonly running: number;
    /** Tasks that wait in their threads: for their own tasks, for the reader of their items, or for items. */
    readonly suspended: number;
    /** Ended tasks that the reader of their stream has not read. */
    readonly unread: number;
  };
  readonly places: { readonly capacity: number; readonly taken: number };
  /** Estimated bytes that count against `maxPendingBytes`. */
  readonly bytes: { readonly max: number; readonly taken: number };
  /** Totals since the executor was made, as in `stats()`. */
  readonly totals: {
    readonly submitted: number;
    readonly fulfilled: number;
    readonly rejected: number;
    readonly cancelled: number;
    readonly refused: number;
  };
  /** Who submitted the tasks: callers, loops over a source, or running tasks. */
  readonly origins: { readonly callers: number; readonly streams: number; readonly tasks: number };
}

export function inspectTask(job: Job | undefined): RunningTask | undefined {
  if (job === undefined) return undefined;
  const { id, label, task, runningSince, done } = job;
  const { index, name, module } = Task.targetOf(task);
  return {
    id,
    label,
    functionId: index,
    functionName: name,
    module,
    since: runningSince,
    settled: done,
  };
}
