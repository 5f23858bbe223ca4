import type { Duplex } from 'node:stream';
import { brand } from '../base/brand.ts';
import type { ExecutorOptions } from './executor-options.ts';
import { ExecutorParts, localParts } from './executor-parts.ts';
import { Inside } from './inside.ts';
import { checkExecutorPlace } from '../pool/executor-place.ts';
import type { LoopTimes } from '../scheduler/dispatch/backend.ts';
import type { Forecast } from '../scheduler/figures/forecast.ts';
import type { Future } from '../scheduler/job/future.ts';
import { iterateTask } from './iterate.ts';
import type { IterateOptions } from '../tasks/iterate-options.ts';
import { flatMapTasks } from './flat-map.ts';
import { mapTasks, tasksAsCompleted } from './map.ts';
import type { FlatMapOptions, MapOptions, MapResult, StreamOptions, StreamResult } from './stream-options.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { ExecutorInspection } from '../scheduler/inspection.ts';
import type { ExecutorStats } from '../scheduler/figures/stats.ts';
import { runTask, submitTask, trySubmitTask } from './submit.ts';
import type { TaskIteration } from './task-iteration.ts';
import type { Source } from '../base/source.ts';
import { taskDuplex, taskPipe } from './pipes.ts';
import { evictionsOf, forecastFor, shutDown } from './requests.ts';
import type { ForecastOptions, ShutdownOptions } from './requests.ts';
import type { TransformPair } from './web-stream.ts';
import type { GeneratorTask, TaskItem } from '../tasks/generator-task.ts';
import type { Task, TaskResult } from '../tasks/task.ts';
import type { TaskOptions } from '../tasks/task-options.ts';

/**
 * A bounded pool of worker threads for CPU-bound work. The first thread starts with the first task, each further thread when the
 * waiting work is worth its boot.
 *
 * `submit()` waits for a place, so that a producer can never outrun the threads. At most `workers` tasks run and at most
 * `maxPending` more are admitted, whatever is submitted. Callers get places strictly first come, first served.
 *
 * An idle executor does not keep the process alive; an executor that has work does.
 * `ClusterExecutor` of `millrace/cluster` runs tasks on other machines: a program that takes an `Executor` takes either.
 */
export class Executor implements AsyncDisposable {
  readonly #scheduler: Scheduler;
  readonly #inside: Inside;

  static {
    brand(this, 'Executor', (executor: Executor) => executor.#inside);
  }

  /**
   * @throws {InvalidOptionError} for an unknown option or a bad value, before any thread starts.
   * @throws {InvalidTaskError} while a task module is loaded or set up in a worker thread: each thread would make threads that do
   *   the same. A running task may make an executor. Also when executors within tasks of executors are nested four deep.
   */
  constructor(options: ExecutorOptions = {}) {
    checkExecutorPlace();
    const { startEngine, scheduler } = options instanceof ExecutorParts ? options : localParts(options);
    this.#scheduler = new Scheduler(startEngine, scheduler);
    this.#inside = new Inside(this.#scheduler, scheduler);
  }

  /** The option `name`: what messages and metrics call this executor. */
  get name(): string {
    return this.#scheduler.name;
  }

  /** Unique among the executors of this thread, from 1; names may repeat. */
  get executorId(): number {
    return this.#scheduler.executorId;
  }

  /** The most tasks that are admitted at a time: `workers + maxPending`. */
  get capacity(): number {
    return this.#scheduler.admission.capacity;
  }

  /**
   * Submits a task and waits for its place, not for its result: the promise settles at admission. A refused task never runs.
   * Rejects with `InvalidTaskError`, `InvalidOptionError`, `SaturatedError` (`maxWaiting`, `maxWaitMs`), `TaskTimeoutError`
   * (`deadlineMs` passed in line), `ExecutorClosedError`, `WorkerCrashedError` (no thread can be started), or the signal's reason.
   */
  submit<R>(task: Task<R>, options?: TaskOptions): Promise<Future<R>> {
    return submitTask(this.#scheduler, task, options);
  }

  /**
   * Submits a task without waiting. Returns its future, or `null` if no place is free; the task then counts as refused.
   *
   * @throws {ExecutorClosedError} after a shutdown began; `InvalidTaskError`, `InvalidOptionError`; the signal's reason.
   */
  trySubmit<R>(task: Task<R>, options?: TaskOptions): Future<R> | null {
    return trySubmitTask(this.#scheduler, task, options);
  }

  /** Submits a task and waits for its result. Rejects as `submit()` and `future.result()` do. */
  run<R>(task: Task<R>, options?: TaskOptions): Promise<R> {
    return runTask(this.#scheduler, task, options);
  }

  /**
   * Runs the tasks of a source and yields their futures in the order in which the tasks end, failed and cancelled ones included. It
   * pulls the source lazily: an item only once its place is reserved, and at most `window` items ahead of the reader.
   *
   * Leaving the loop stops pulling and cancels its tasks that no thread has begun. An error of the source, or an item that is not a
   * task, is thrown after the futures of the tasks in flight. `InvalidOptionError` is thrown at once.
   */
  asCompleted<T extends Task<unknown>>(
    tasks: Source<T>,
    options: StreamOptions = {},
  ): AsyncIterableIterator<Future<TaskResult<T>>, undefined> {
    return tasksAsCompleted(this.#scheduler, tasks, options) as never;
  }

  /**
   * Runs a task for each item and yields the results, in the order of the items unless `ordered: false`. The first `next()` starts it.
   * A failure is thrown in its turn, ends the iteration, and cancels tasks that no thread has begun. With `outcomes: true` each
   * result is yielded as an `Outcome`, and a failure does not end the iteration. Throws `InvalidOptionError` at once.
   */
  map<I, T extends Task<unknown>, O extends boolean = false>(
    items: Source<I>,
    toTask: (item: I, index: number) => T,
    options: MapOptions & { readonly outcomes?: O } = {},
  ): AsyncIterableIterator<MapResult<T, O>, undefined> {
    return mapTasks(this.#scheduler, items, toTask, options) as never;
  }

  /**
   * `map()` as a pair of web streams, for `pipeThrough()`: write items to `writable`, read results from `readable`.
   *
   * At most `window` items are in flight or unread, and the stream holds one more until it takes it; it takes the first item at the
   * first read. A write resolves when the stream has taken its item.
   * If the tasks are generators, each yielded item is a result, as in `flatMap()`; at most `workers` generators are open at a time.
   *
   * A failure ends both sides with its reason, in its turn; with `outcomes: true` a task's failure is a result like any other.
   * Cancelling `readable`, aborting `writable` or the signal ends both sides at once, and cancels tasks that no thread has begun.
   *
   * @throws {InvalidOptionError} at once for a bad option.
   */
  stream<I, T extends Task<unknown> | GeneratorTask<unknown>, O extends boolean = false>(
    toTask: (item: I, index: number) => T,
    options: MapOptions & { readonly outcomes?: O } = {},
  ): TransformPair<I, StreamResult<T, O>> {
    return taskPipe(this.#scheduler, toTask, options) as never;
  }

  /**
   * `map()` as a Node stream in object mode, for `pipeline()`; otherwise like `stream()`. Destroying it ends both sides, and the
   * signal destroys it. Node's streams do not type their items: declare the type of the parameter of `toTask`.
   *
   * A Node stream takes `null` for its end: a task that returns `null` fails the stream with `ERR_MILLRACE_NULL_RESULT`, unless
   * `outcomes: true`. A thrown value that is not an `Error` arrives as the `cause` of an error with `ERR_MILLRACE_NO_ERROR`.
   *
   * @throws {InvalidOptionError} at once for a bad option.
   */
  duplex(
    toTask: (item: never, index: number) => Task<unknown> | GeneratorTask<unknown>,
    options: MapOptions = {},
  ): Duplex {
    return taskDuplex(this.#scheduler, toTask, options);
  }

  /**
   * Runs a generator in a worker thread and yields its items as they arrive. At most `window` items and `windowBytes` bytes are ahead
   * of the reader: beyond that the generator is not advanced. Its worker runs other tasks meanwhile; the generator keeps its place
   * until it ends.
   *
   * The task is submitted at once and waits for a place as with `submit()`; `next()` throws a refusal. Leaving the loop cancels the
   * task and waits until the generator's `finally` has run. `timeoutMs` counts run time without the time spent waiting for the
   * reader. `retries` apply until the generator has yielded its first item.
   *
   * @throws {InvalidTaskError} for a value that is not a task, and on a `ClusterExecutor`; {InvalidOptionError} for a bad option.
   */
  iterate<T, R>(task: GeneratorTask<T, R>, options: IterateOptions = {}): TaskIteration<T, R> {
    return iterateTask(this.#scheduler, task, options);
  }

  /**
   * Runs a generator for each item and yields what the generators yield: one generator after the other, in the order of the items,
   * unless `ordered: false`. At most `concurrency` generators are open, each at most `window` items ahead. It pulls the source lazily,
   * an item only once its place is reserved. The first `next()` starts it.
   *
   * A failure is thrown in its turn, after the items before it. It ends the iteration, as leaving the loop does: tasks that no
   * thread has begun are cancelled, and open generators run their `finally`.
   *
   * @throws {InvalidOptionError} at once for a bad option; {InvalidTaskError} on a `ClusterExecutor`.
   */
  flatMap<I, G extends GeneratorTask<unknown>>(
    items: Source<I>,
    toTask: (item: I, index: number) => G,
    options: FlatMapOptions = {},
  ): AsyncIterableIterator<TaskItem<G>, undefined> {
    return flatMapTasks(this.#scheduler, items, toTask, options);
  }

  /** Starts all `workers` threads. Resolves when all are up; rejects with `WorkerCrashedError` or `ExecutorClosedError`. */
  ready(): Promise<void> {
    return this.#scheduler.ready();
  }

  /**
   * Forecasts the wait and the run time of a task submitted now, from the admitted work and the functions' recent run times.
   *
   * @throws {InvalidOptionError} for a bad option; {InvalidTaskError} for a `task` that is not a task.
   */
  forecast(options: ForecastOptions = {}): Forecast {
    return forecastFor(this.#scheduler, options);
  }

  /**
   * The tasks to cancel so that `task` can be admitted now: of these futures of this executor that no thread has begun, the first
   * ones, as many as needed. Empty if there is room already. Null if cancelling all of them would not suffice, or if callers wait
   * for a place: freed places go to them first. It cancels nothing.
   */
  evictionsFor(task: Task<unknown>, futures: Iterable<Future<unknown>>): readonly Future<unknown>[] | null {
    return evictionsOf(this.#scheduler, task, futures);
  }

  /** The executor's counts at this instant, as a frozen snapshot. */
  stats(): ExecutorStats {
    return this.#scheduler.stats();
  }

  /**
   * The executor's state at this instant: each thread and its task, each loop over a source and what it waits for, places, bytes.
   * Meant for monitoring; cheap enough to call twenty times a second.
   */
  inspect(): ExecutorInspection {
    return this.#scheduler.inspect();
  }

  /** Busy and idle milliseconds of each worker's event loop since its thread started; polling is idle. Two readings give its load. */
  workerLoopTimes(): readonly LoopTimes[] {
    return this.#scheduler.loopTimes();
  }

  /**
   * Ends the executor for good; resolves when every thread has ended. Callers that wait for a place get `ExecutorClosedError`.
   *
   * - `'drain'` (default) runs all admitted tasks; iterations run until they have been read or left.
   * - `'cancel'` cancels tasks that no thread has begun, and iterations, whose generators run their `finally`; other tasks finish.
   * - `'kill'` also cancels running tasks, and ends the threads.
   *
   * A further call may choose a more urgent mode, never a less urgent one. Rejects with `InvalidOptionError` for a bad mode.
   */
  shutdown(options: ShutdownOptions = {}): Promise<void> {
    return shutDown(this.#scheduler, options);
  }

  /** Calls `shutdown()`: for `await using executor = new Executor()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}
