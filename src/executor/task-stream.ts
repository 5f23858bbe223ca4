import { offAbort, onceAborted } from '../base/on-abort.ts';
import type { Abortable } from '../base/on-abort.ts';
import { Roster } from '../base/roster.ts';
import type { OpenSource } from '../base/source.ts';
import type { StreamInspection } from '../scheduler/inspection.ts';
import type { Job, SettlementListener } from '../scheduler/job/job.ts';
import type { LiveStream } from '../scheduler/live-streams.ts';
import { rememberProducer } from '../scheduler/job/producers.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { noWindows, windowsOf } from '../tasks/iterate-options.ts';
import type { Task } from '../tasks/task.ts';
import { StreamResults } from './stream-results.ts';
import type { StreamOrder } from './stream-results.ts';
import { leftReason, TaskIntake } from './task-intake.ts';
import type { JobTaker } from './task-intake.ts';

export interface StreamSettings<T> {
  /** The executor's method that made the stream, for `inspect()`. */
  readonly kind: string;
  readonly order: StreamOrder;
  /** The most tasks in flight or unread. */
  readonly window: number;
  /** Makes what the reader gets from an ended job. An error that it throws reaches the reader and ends the stream. */
  readonly read: (job: Job) => T;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs the tasks of a source, which it pulls only as fast as places and the reader allow.
 *
 * ```
 *   source ──pull──→ in flight ──settled──→ unread ──next()──→ reader
 *            └ needs a reserved place, and  in flight + unread < window
 * ```
 * A slow reader fills the window, and the stream then pulls no more: so unread results are bounded.
 *
 * The stream still delivers the tasks that were in flight when the source ended, and an error of the source after them.
 */
export class TaskStream<T>
  implements SettlementListener, JobTaker, LiveStream, Abortable, AsyncIterableIterator<T, undefined>
{
  readonly #scheduler: Scheduler;
  readonly #settings: StreamSettings<T>;
  readonly #intake: TaskIntake;
  readonly #results: StreamResults<T>;
  readonly #inFlight = new Roster<Job>();
  /** Has the reader called `next()`? */
  #begun = false;
  /** Has the reader left? Results of tasks that still run are then dropped. */
  #left = false;

  constructor(scheduler: Scheduler, source: OpenSource<Task<unknown>>, settings: StreamSettings<T>) {
    this.#scheduler = scheduler;
    this.#settings = settings;
    this.#intake = new TaskIntake(scheduler, source, this);
    this.#results = new StreamResults(
      settings.order,
      (job) => this.#give(job),
      () => this.#unlisten(),
    );
    onceAborted(settings.signal, this);
    rememberProducer(this, { owner: scheduler, jobs: [], ...windowsOf(noWindows), steps: null });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (!this.#begun) this.#begin();
    const result = this.#results.readNow();
    this.#intake.pull();
    return result === null ? this.#results.read() : Promise.resolve(result);
  }

  /** Stops pulling, and cancels the pulled tasks that no thread has begun. */
  async return(): Promise<IteratorResult<T, undefined>> {
    await this.#leave(leftReason(), null);
    return { done: true, value: undefined };
  }

  /** The signal has aborted: the stream ends as if the reader had left, but one read rejects with the reason. */
  aborted(reason: unknown): void {
    this.#leave(reason, { reason }).catch(() => {});
  }

  get wantsMore(): boolean {
    return this.#results.open < this.#settings.window;
  }

  pulled(job: Job): void {
    this.#results.pulled(job);
    if (job.done) return this.settled(job);
    this.#inFlight.add(job);
    return job.onSettled(this);
  }

  sourceEnded(error: { readonly reason: unknown } | null): void {
    this.#results.end(error);
  }

  arrived(): void {
    this.#results.serve();
  }

  /** Called by each job in flight when it settles. */
  settled(job: Job): void {
    this.#inFlight.delete(job);
    // The reader has left, so a failure counts as read.
    if (this.#left) return job.observe();
    const results = this.#results;
    results.settled(job);
    if (!results.awaited) return;
    const before = results.open;
    results.serve();
    // The window has room and readers wait. In a microtask: this call may come from within a settlement.
    if (results.open < before && results.awaited) queueMicrotask(() => this.#goOn());
  }

  inspect(): Omit<StreamInspection, 'id'> | undefined {
    const { open, total, awaited } = this.#results;
    if (this.#left || (this.#intake.ended && open === 0)) return undefined;
    const { kind, window } = this.#settings;
    const unread = open - this.#inFlight.size;
    const waitsFor = this.#intake.waitsFor ?? (unread > 0 && !awaited ? 'reader' : 'tasks');
    return { kind, window, open, unread, pulled: total, waitsFor };
  }

  #begin(): void {
    this.#begun = true;
    this.#scheduler.streams.add(this);
  }

  async #leave(cause: unknown, error: { readonly reason: unknown } | null): Promise<void> {
    this.#left = true;
    this.#unlisten();
    this.#scheduler.cancelUnclaimed(cause, this.#inFlight);
    this.#results.drop(error);
    const closed = this.#intake.end();
    this.#results.serve();
    await closed;
  }

  #unlisten(): void {
    const { signal } = this.#settings;
    if (signal !== undefined) offAbort(signal, this);
  }

  #goOn(): void {
    this.#intake.pull();
    this.#results.serve();
  }

  #give(job: Job): IteratorResult<T, undefined> | Promise<never> {
    try {
      return { done: false, value: this.#settings.read(job) };
    } catch (error) {
      return this.#leaveWith(error);
    }
  }

  /** Rejects with the error after the source has cleaned up, even if that fails. */
  async #leaveWith(error: unknown): Promise<never> {
    await this.return().catch(() => {});
    throw error;
  }
}
