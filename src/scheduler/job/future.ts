import { askBrand, brand } from '../../base/brand.ts';
import { boolean, checkOptions } from '../../base/options.ts';
import type { Task } from '../../tasks/task.ts';
import type { Job } from './job.ts';
import { ProgressReader } from './progress.ts';

const checks = { interrupt: boolean };

/** Where a future stands: `pending → running → fulfilled | rejected | cancelled`, `pending → cancelled | rejected`. */
export type FutureState = 'pending' | 'running' | 'fulfilled' | 'rejected' | 'cancelled';

/** How a future ended, as a value: for loops in which one failure must not stop the rest. */
export type Outcome<R> =
  | { readonly status: 'fulfilled'; readonly value: R; readonly future: Future<R> }
  | { readonly status: 'rejected' | 'cancelled'; readonly reason: unknown; readonly future: Future<R> };

/** Milliseconds on the main thread's `performance.now()`; undefined as long as it has not come to that. */
export interface Timing {
  readonly submittedAt: number;
  /** When a thread began with the task. The first task of a module begins again when the module has been loaded. */
  readonly startedAt: number | undefined;
  /** When the task returned or threw; when the future settled, if that was before (cancelled, expired, crashed). */
  readonly endedAt: number | undefined;
}

/**
 * The handle of one admitted task.
 *
 * Not thenable: `await executor.submit(task)` waits for a place, and `await future.result()` for the result. It makes
 * its promise only when asked, so a failed future that waits in an array causes no unhandled rejection.
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

  /** Is a thread at work on it? Also true of one that was cancelled or expired while it ran, until it returns. */
  get holdsThread(): boolean {
    return this.#job.holdsThread;
  }

  get timing(): Timing {
    const { submittedAt, runningSince, endedAt } = this.#job;
    return { submittedAt, startedAt: runningSince, endedAt };
  }

  /** The task's result. Rejects with what the task threw, or with the reason of the cancellation. */
  result(): Promise<R> {
    return this.#job.result() as Promise<R>;
  }

  /** How it ended, as a value; never rejects. */
  outcome(): Promise<Outcome<R>> {
    const outcome = () => this.#outcomeOf(this.#job);
    return this.#job.result().then(outcome, outcome);
  }

  /**
   * What the task reports with `report()` of `millrace/worker` while it runs. A slow reader misses reports, but never the
   * latest one. Ends when the future has settled, however that is; leaving the loop touches nothing.
   */
  progress<P = unknown>(): AsyncIterableIterator<P, undefined> {
    return new ProgressReader(this.#job.progress) as AsyncIterableIterator<unknown, undefined> as never;
  }

  /**
   * Cancels the task, with `reason` (default: a `DOMException` named `AbortError`) as what `result()` rejects with.
   *
   * - Not begun: it never runs, and its place is free at once.
   * - Running: the future settles at once; the worker stays busy until the task returns. With `interrupt: true`, for
   *   a task that was submitted with `interrupt`, its thread is ended after `interruptGraceMs`: also when the future has
   *   been cancelled or has expired before.
   *
   * @returns whether the future is cancelled now: false once it has finished.
   * @throws {InvalidOptionError} for an unknown option or a bad value.
   */
  cancel(reason?: unknown, options: { readonly interrupt?: boolean } = {}): boolean {
    const why = reason === undefined ? new DOMException('The task was cancelled', 'AbortError') : reason;
    const { interrupt = false } = checkOptions('cancel option', options, checks);
    return this.#job.owner.cancel(this.#job, why, interrupt);
  }

  #outcomeOf({ status, value }: Job): Outcome<R> {
    if (status === 'fulfilled') return { status, value: value as R, future: this };
    return { status: status === 'cancelled' ? 'cancelled' : 'rejected', reason: value, future: this };
  }

  /** The job behind a future: how the scheduler's own loops listen without making a promise. */
  static jobOf(future: Future<unknown>): Job {
    return #job in future ? future.#job : (askBrand(future, 'Future') as Job);
  }

  /** A job's future, the same one each time. */
  static of(job: Job): Future<unknown> {
    return (job.face ??= new Future(job)) as Future<unknown>;
  }

  /** How a job has ended: for streams that read many of them without a promise each. */
  static outcomeOf(job: Job): Outcome<unknown> {
    return Future.of(job).#outcomeOf(job);
  }
}
