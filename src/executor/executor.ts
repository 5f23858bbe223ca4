import type { Duplex } from 'node:stream';
import { brand } from '../base/brand.ts';
import { resolveExecutorOptions } from './executor-options.ts';
import type { ExecutorOptions } from './executor-options.ts';
import { isAborted, reasonOf } from '../base/on-abort.ts';
import { checkOptions, integer, oneOf } from '../base/options.ts';
import { checkExecutorPlace } from '../pool/executor-place.ts';
import { PiscinaBackend } from '../pool/main/piscina-backend.ts';
import type { LoopTimes } from '../scheduler/dispatch/backend.ts';
import type { Forecast } from '../scheduler/figures/forecast.ts';
import { localEngine } from '../scheduler/dispatch/dispatcher.ts';
import { Future } from '../scheduler/job/future.ts';
import { inTheWayOf } from '../scheduler/admission/evictions.ts';
import type { Job } from '../scheduler/job/job.ts';
import type { ShutdownMode } from '../scheduler/lifecycle.ts';
import { mapTasks, streamChecks } from './map.ts';
import type { MapOptions, MapResult, StreamOptions } from './map.ts';
import { payloadBytes } from '../tasks/payload-size.ts';
import { readFuture } from './readings.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { ExecutorStats } from '../scheduler/figures/stats.ts';
import { convertSource } from './task-source.ts';
import { TaskStream } from './task-stream.ts';
import type { Source } from '../base/source.ts';
import { duplex } from './duplex.ts';
import { webStream } from './web-stream.ts';
import type { TransformPair } from './web-stream.ts';
import { asTask, Task } from '../tasks/task.ts';
import type { TaskResult } from '../tasks/task.ts';
import { validateTaskOptions } from '../tasks/task-options.ts';
import type { TaskOptions } from '../tasks/task-options.ts';

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

  static {
    brand(this, 'Executor');
  }

  /**
   * @throws {InvalidOptionError} for an unknown option or a bad value, before any thread is started.
   * @throws {InvalidTaskError} in a thread of an executor, unless a running task makes this one: while a task module is loaded
   *   or set up there, each thread would make threads that do the same. Also for a fourth executor within tasks of executors.
   */
  constructor(options: ExecutorOptions = {}) {
    checkExecutorPlace();
    const resolved = resolveExecutorOptions(options);
    this.#scheduler = new Scheduler(localEngine(new PiscinaBackend(resolved), resolved), resolved);
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
      if (this.#admitNow(job)) return Promise.resolve(Future.of(job) as Future<R>);
      return this.#scheduler.waitForPlace(job).then(() => Future.of(job) as Future<R>);
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
    if (job.done) throw job.value;
    if (signal !== undefined && isAborted(signal)) throw this.#scheduler.abortWaiting(job, reasonOf(signal));
    if (this.#scheduler.tryAdmit(job)) return Future.of(job) as Future<R>;
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
    const source = convertSource(tasks, (task) => asTask(task));
    return new TaskStream(this.#scheduler, source, { order: 'completed', window, read: readFuture }) as never;
  }

  /**
   * Runs a task for each item and yields the results, in the order of the items unless `ordered: false`. It begins
   * with the first `next()`.
   *
   * A failure is thrown in its turn; it ends the iteration and cancels what has not begun. With `outcomes: true` it is
   * yielded as an `Outcome`, and the iteration goes on.
   */
  map<I, T extends Task<unknown>, O extends boolean = false>(
    items: Source<I>,
    toTask: (item: I, index: number) => T,
    options: MapOptions & { readonly outcomes?: O } = {},
  ): AsyncIterableIterator<MapResult<T, O>, undefined> {
    return mapTasks(this.#scheduler, 'map', items, toTask, options) as never;
  }

  /**
   * `map()` as a pair of web streams, for `pipeThrough()`: items are written to `writable`, results are read from
   * `readable`.
   *
   * At most `window` items are in flight or unread, and one more is held until it can be taken; the first is taken when
   * somebody reads. A write ends when its item has been taken.
   *
   * A failure ends both sides with its reason, in its turn; with `outcomes: true` that of a task is a result like others. A
   * reader who cancels and a writer who aborts end both sides at once. Then what no thread has begun is cancelled.
   *
   * @throws {InvalidOptionError} at once for a bad option.
   */
  stream<I, T extends Task<unknown>, O extends boolean = false>(
    toTask: (item: I, index: number) => T,
    options: MapOptions & { readonly outcomes?: O } = {},
  ): TransformPair<I, MapResult<T, O>> {
    return webStream<I, unknown>((items) =>
      mapTasks(this.#scheduler, 'stream', items, toTask, options),
    ) as never;
  }

  /**
   * `map()` as a Node stream in object mode, for `pipeline()`; else like `stream()`. Destroying it is both cancelling and
   * aborting. Node's streams have no types for their items: give `toTask` a parameter with the right one.
   *
   * `null` is the end to a Node stream: a task that returns it ends the stream with an error, unless `outcomes: true`. What
   * a task throws that is no `Error` arrives as the `cause` of one.
   *
   * @throws {InvalidOptionError} at once for a bad option.
   */
  duplex(toTask: (item: never, index: number) => Task<unknown>, options: MapOptions = {}): Duplex {
    return duplex<never, unknown>((items) => mapTasks(this.#scheduler, 'duplex', items, toTask, options));
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
    return this.#scheduler.forecast(priority, task === undefined ? undefined : asTask(task).target);
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
    const { signal } = job.options;
    return (signal === undefined || !isAborted(signal)) && this.#scheduler.tryAdmit(job);
  }

  #createJob(task: Task<unknown>, options: TaskOptions | undefined): Job {
    const own = asTask(task);
    const all = options === undefined ? own.options : { ...own.options, ...validateTaskOptions(options) };
    return this.#scheduler.createJob(own, all);
  }
}

const shutdownChecks = { mode: oneOf('drain', 'cancel', 'kill') };
const forecastChecks = {
  priority: integer(Number.MIN_SAFE_INTEGER),
  task: (_: string, value: unknown) => void asTask(value as Task<unknown>),
};
