import { askBrand, brand } from '../../base/brand.ts';
import { boolean, checkOptions } from '../../base/options.ts';
import type { Outcome } from '../../base/outcome.ts';
import type { Task } from '../../tasks/task.ts';
import type { Job } from './job.ts';
import { ProgressReader } from './progress.ts';

const checks = { interrupt: boolean };

/**
 * The state of a future: `pending → running → fulfilled | rejected | cancelled`, or `pending → cancelled | rejected`. A running task
 * whose thread crashes returns to `pending` if it has `retries` left.
 */
export type FutureState = 'pending' | 'running' | 'fulfilled' | 'rejected' | 'cancelled';

/** The property that the outcomes of an executor have in addition. */
export interface OfFuture<R> {
  readonly future: Future<R>;
}

/** Times of a task in milliseconds on the main thread's `performance.now()`; undefined until known. */
export interface Timing {
  /** When the program submitted the task. */
  readonly submittedAt: number;
  /** When a thread began the task. For the first task of a module it is counted anew once the module is loaded. */
  readonly startedAt: number | undefined;
  /** When the task returned or threw; if the future settled before that (cancelled, timed out, crashed), when it settled. */
  readonly endedAt: number | undefined;
}

/**
 * The handle of one submitted task.
 *
 * Not thenable: `await executor.submit(task)` waits for a place, and `await future.result()` for the result. A future makes
 * its promise only when `result()` is called, so a failed future that waits in an array causes no unhandled rejection.
 */
export class Future<out R> {
  readonly #job: Job;

  static {
    brand(this, 'Future', (future) => future.#job);
  }

  /** Internal: futures come from an executor. */
  constructor(job: Job) {
    this.#job = job;
  }

  /** Counts up from 1 in each executor, in the order of submission. */
  get id(): number {
    return this.#job.id;
  }

  /** The task that was submitted. */
  get task(): Task<R> {
    return this.#job.task as Task<R>;
  }

  get state(): FutureState {
    const { status } = this.#job;
    if (status === 'sent') return this.#job.running ? 'running' : 'pending';
    return status === 'waiting' || status === 'queued' ? 'pending' : status;
  }

  /** Has it settled? */
  get done(): boolean {
    return this.#job.done;
  }

  /** Does a thread have the task? Stays true after a cancellation or a timeout until the task returns or its thread has ended. */
  get holdsThread(): boolean {
    return this.#job.holdsThread;
  }

  get timing(): Timing {
    const { submittedAt, runningSince, endedAt } = this.#job;
    return { submittedAt, startedAt: runningSince, endedAt };
  }

  /**
   * The task's result; the same promise each time. Rejects with the error that the task threw, with the reason of the cancellation,
   * or with `TaskTimeoutError`, `WorkerCrashedError`, `ExecutorClosedError` or `DataCloneError`.
   */
  result(): Promise<R> {
    return this.#job.result() as Promise<R>;
  }

  /** How the task ended, as a value; never rejects. */
  outcome(): Promise<Outcome<R, OfFuture<R>>> {
    const outcome = () => this.#outcomeOf(this.#job);
    return this.#job.result().then(outcome, outcome);
  }

  /**
   * The values that the task passes to `report()` of `millrace/worker` while it runs. A slow reader misses reports, but never the
   * latest one. The loop ends when the future settles, whatever its outcome; leaving the loop does not affect the task.
   */
  progress<P = unknown>(): AsyncIterableIterator<P, undefined> {
    return new ProgressReader(this.#job.progress) as AsyncIterableIterator<unknown, undefined> as never;
  }

  /**
   * Cancels the task: `result()` rejects with `reason`, by default a `DOMException` named `AbortError`.
   *
   * - A task that no thread has begun never runs, and its place is free at once.
   * - The future of a running task settles at once; the worker stays busy until the task returns. With `interrupt: true` (default
   *   false), and if the task was submitted with `interrupt`, its thread is terminated after `interruptGraceMs`, also if the future
   *   was cancelled or timed out before.
   *
   * @returns whether the future is cancelled now: false if the task has finished.
   * @throws {InvalidOptionError} for an unknown option or a bad value.
   */
  cancel(reason?: unknown, options: { readonly interrupt?: boolean } = {}): boolean {
    const why = reason === undefined ? new DOMException('The task was cancelled', 'AbortError') : reason;
    const { interrupt = false } = checkOptions('cancel option', options, checks);
    return this.#job.owner.cancel(this.#job, why, interrupt);
  }

  #outcomeOf({ status, value }: Job): Outcome<R, OfFuture<R>> {
    if (status === 'fulfilled') return { status, value: value as R, future: this };
    return { status: status === 'cancelled' ? 'cancelled' : 'rejected', reason: value, future: this };
  }

  /** Internal: the job behind a future, so that loops can listen without making a promise. */
  static jobOf(future: Future<unknown>): Job {
    return #job in future ? future.#job : (askBrand(future, 'Future') as Job);
  }

  /** Internal: a job's future, the same object each time. */
  static of(job: Job): Future<unknown> {
    return (job.face ??= new Future(job)) as Future<unknown>;
  }

  /** Internal: how a job has ended, for streams that read many jobs without a promise for each. */
  static outcomeOf(job: Job): Outcome<unknown, OfFuture<unknown>> {
    return Future.of(job).#outcomeOf(job);
  }
}
