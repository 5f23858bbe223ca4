import { InvalidTaskError } from './errors.ts';
import { resolveExecutorOptions } from './executor-options.ts';
import type { ExecutorOptions } from './executor-options.ts';
import { boolean, checkOptions, integer, oneOf, show } from './options.ts';
import { PiscinaBackend } from './pool/piscina-backend.ts';
import type { LoopTimes } from './scheduler/backend.ts';
import type { Forecast } from './scheduler/backlog.ts';
import type { Future, Outcome } from './scheduler/future.ts';
import { inTheWayOf } from './scheduler/in-the-way.ts';
import type { Job } from './scheduler/job.ts';
import { payloadBytes } from './scheduler/payload-size.ts';
import { readFuture, readOutcome, readResult } from './scheduler/readings.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import type { ShutdownMode } from './scheduler/scheduler.ts';
import type { ExecutorStats } from './scheduler/stats.ts';
import { openSource } from './scheduler/task-source.ts';
import type { Source } from './scheduler/task-source.ts';
import { TaskStream } from './scheduler/task-stream.ts';
import { Task } from './tasks/task.ts';
import type { TaskResult } from './tasks/task.ts';
import { validateTaskOptions } from './tasks/task-options.ts';
import type { TaskOptions } from './tasks/task-options.ts';

export interface StreamOptions {
  /** Tasks in flight or finished and not yet read, an integer of at least 1. Default: the executor's capacity. */
  readonly window?: number;
}

export interface MapOptions extends StreamOptions {
  /** Results in the order of the items (default), or in the order in which they end. */
  readonly ordered?: boolean;
  /** Yield each result as an `Outcome`, so that a failure does not end the iteration. Default false. */
  readonly outcomes?: boolean;
}

/**
 * A bounded pool of worker threads for CPU-bound work.
 *
 * `submit()` waits for a place, so that a producer can never outrun the threads. At most `workers` tasks run and at
 * most `maxPending` more are admitted, whatever is submitted. Places are given strictly first come, first served.
 *
 * An executor that is idle does not keep the process alive; one that has work does.
 */
export class Executor implements AsyncDisposable {
  readonly #scheduler: Scheduler;

  /** @throws {InvalidOptionError} for an unknown option or a bad value, before any thread is started. */
  constructor(options: ExecutorOptions = {}) {
    const resolved = resolveExecutorOptions(options);
    this.#scheduler = new Scheduler(new PiscinaBackend(resolved), resolved);
  }

  /** What messages and metrics call it. */
  get name(): string {
    return this.#scheduler.name;
  }

  /** How many tasks are admitted at the most: `workers + maxPending`. */
  get capacity(): number {
    return this.#scheduler.admission.capacity;
  }

  /**
   * Waits for a place, not for the result: the promise settles at admission.
   *
   * Rejects with `InvalidTaskError`, `InvalidOptionError`, `SaturatedError` (`maxWaiting`, `maxWaitMs`),
   * `TaskTimeoutError` (`deadlineMs` passed while waiting), `ExecutorClosedError`, or the signal's reason. A task
   * that was refused never runs.
   */
  submit<R>(task: Task<R>, options?: TaskOptions): Promise<Future<R>> {
    try {
      const job = this.#createJob(task, options);
      if (this.#admitNow(job)) return Promise.resolve(job.future as Future<R>);
      return this.#scheduler.waitForPlace(job).then(() => job.future as Future<R>);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Never waits: the future, or `null` when no place is free (counted as submitted and refused).
   *
   * @throws {ExecutorClosedError} after shutdown began; `InvalidTaskError`, `InvalidOptionError`; the signal's reason.
   */
  trySubmit<R>(task: Task<R>, options?: TaskOptions): Future<R> | null {
    const job = this.#createJob(task, options);
    const { signal } = job.options;
    if (signal?.aborted === true) throw this.#scheduler.abortWaiting(job, signal.reason);
    if (this.#scheduler.tryAdmit(job)) return job.future as Future<R>;
    if (this.#scheduler.state !== 'open') throw this.#scheduler.refuse(job, this.#scheduler.closedError());
    this.#scheduler.refuse(job, null);
    return null;
  }

  /** Submits, and waits for the result. */
  run<R>(task: Task<R>, options?: TaskOptions): Promise<R> {
    try {
      const job = this.#createJob(task, options);
      if (this.#admitNow(job)) return job.result() as Promise<R>;
      return this.#scheduler.waitForPlace(job).then(() => job.result() as Promise<R>);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Runs the tasks of a source and yields their futures in the order in which they end, failed and cancelled ones
   * included. The source is pulled lazily: an item only when its place is reserved, and never more than `window` ahead
   * of the reader.
   *
   * Leaving the loop stops pulling and cancels what it submitted and no thread has begun. An error of the source (or
   * an item that is no task) is thrown after the results that were in flight.
   */
  asCompleted<T extends Task<unknown>>(
    tasks: Source<T>,
    options: StreamOptions = {},
  ): AsyncIterableIterator<Future<TaskResult<T>>, undefined> {
    const { window = this.capacity } = checkOptions('asCompleted option', options, streamChecks);
    const source = openSource(tasks, (task) => asTask(task));
    return new TaskStream(this.#scheduler, source, { order: 'completed', window, read: readFuture }) as never;
  }

  /**
   * Runs a task for each item and yields the results, in the order of the items unless `ordered: false`. It begins
   * with the first `next()`.
   *
   * A failure is thrown in its turn; it ends the iteration and cancels what has not begun. With `outcomes: true` it is
   * yielded as an `Outcome`, and the iteration goes on.
   */
  map<I, T extends Task<unknown>>(
    items: Source<I>,
    toTask: (item: I, index: number) => T,
    options: MapOptions & { readonly outcomes: true },
  ): AsyncIterableIterator<Outcome<TaskResult<T>>, undefined>;
  map<I, T extends Task<unknown>>(
    items: Source<I>,
    toTask: (item: I, index: number) => T,
    options?: MapOptions & { readonly outcomes?: false },
  ): AsyncIterableIterator<TaskResult<T>, undefined>;
  map<I, T extends Task<unknown>>(
    items: Source<I>,
    toTask: (item: I, index: number) => T,
    options: MapOptions,
  ): AsyncIterableIterator<TaskResult<T> | Outcome<TaskResult<T>>, undefined>;
  map<I, T extends Task<unknown>>(
    items: Source<I>,
    toTask: (item: I, index: number) => T,
    options: MapOptions = {},
  ): AsyncIterableIterator<TaskResult<T> | Outcome<TaskResult<T>>, undefined> {
    const given = checkOptions('map option', options, mapChecks);
    const source = openSource(items, (item, index) => asTask(toTask(item, index)));
    return new TaskStream<unknown>(this.#scheduler, source, {
      order: given.ordered === false ? 'completed' : 'pulled',
      window: given.window ?? this.capacity,
      read: given.outcomes === true ? readOutcome : readResult,
    }) as never;
  }

  /** Resolves when every thread has booted; rejects with the reason when one can't be. */
  ready(): Promise<void> {
    return this.#scheduler.ready();
  }

  /**
   * What a task submitted now has to expect, from the work admitted and the functions' recent run times.
   *
   * @param options `priority` as for `submit()`, default 0: only what is as urgent or more goes before it. `task`: whose
   *   function's run time `runMs` is; without it, the mean of all.
   */
  forecast(options: { readonly priority?: number; readonly task?: Task<unknown> } = {}): Forecast {
    const { priority, task } = checkOptions('forecast option', options, forecastChecks);
    return this.#scheduler.forecast(priority, task?.target);
  }

  /**
   * What would have to be cancelled for a task to be admitted at this instant: the first of these futures of this executor,
   * of those that no thread has begun, as many as it takes. Empty if there is room already; null if there would be none
   * without all of them, or if callers wait for a place, which would be theirs. Nothing is cancelled here.
   */
  inTheWayOf(task: Task<unknown>, futures: Iterable<Future<unknown>>): readonly Future<unknown>[] | null {
    return inTheWayOf(payloadBytes(Task.argsOf(asTask(task))), futures, this.#scheduler.admission);
  }

  /** The counts at this instant; an immutable snapshot. */
  stats(): ExecutorStats {
    return this.#scheduler.stats();
  }

  /**
   * By worker: how long its event loop was busy and idle since its thread started (a replacement starts from 0). The
   * difference of two readings is its utilisation.
   */
  workerLoopTimes(): readonly LoopTimes[] {
    return this.#scheduler.loopTimes();
  }

  /**
   * Ends the executor for good; resolves when every thread has ended. Callers that wait for a place are refused.
   *
   * - `'drain'` (default) runs all that was admitted.
   * - `'cancel'` cancels what no thread has begun; what runs may finish.
   * - `'kill'` cancels what runs as well, and ends the threads.
   *
   * May be called again to hurry it, never to slow it down.
   */
  shutdown(options: { readonly mode?: ShutdownMode } = {}): Promise<void> {
    try {
      const { mode = 'drain' } = checkOptions('shutdown option', options, shutdownChecks);
      return this.#scheduler.shutdown(mode);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** `await using executor = new Executor()`: runs what was admitted, then ends the threads. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  #admitNow(job: Job): boolean {
    return job.options.signal?.aborted !== true && this.#scheduler.tryAdmit(job);
  }

  #createJob(task: Task<unknown>, options: TaskOptions | undefined): Job {
    const { options: own } = asTask(task);
    const all = options === undefined ? own : { ...own, ...validateTaskOptions(options) };
    return this.#scheduler.createJob(task, all);
  }
}

/** @throws {InvalidTaskError} for anything that is not a task. */
function asTask<R>(value: Task<R>): Task<R> {
  if (value instanceof Task) return value;
  throw new InvalidTaskError(`not a task: ${show(value)} (make one with tasks() or inline())`);
}

const shutdownChecks = { mode: oneOf('drain', 'cancel', 'kill') };
const streamChecks = { window: integer(1) };
const forecastChecks = {
  priority: integer(Number.MIN_SAFE_INTEGER),
  task: (_: string, value: unknown) => void asTask(value as Task<unknown>),
};
const mapChecks = { ...streamChecks, ordered: boolean, outcomes: boolean };
