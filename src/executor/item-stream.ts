import { offAbort, onceAborted } from '../base/on-abort.ts';
import type { Abortable } from '../base/on-abort.ts';
import type { Step } from '../base/reader.ts';
import { Readers } from '../base/readers.ts';
import type { OpenSource } from '../base/source.ts';
import type { StreamInspection } from '../scheduler/inspection.ts';
import type { Job, SettlementListener } from '../scheduler/job/job.ts';
import { rememberProducer } from '../scheduler/job/producers.ts';
import type { LiveStream } from '../scheduler/live-streams.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { noWindows, windowsOf } from '../tasks/iterate-options.ts';
import type { Task } from '../tasks/task.ts';
import { flowOf, hasItems, leaveItems, openItems } from './stream-flows.ts';
import type { ItemStreamSettings } from './item-stream-settings.ts';
import { isPlain, rememberPlain } from './plain-functions.ts';
import { ReadingOrder } from './reading-order.ts';
import { leftReason, TaskIntake } from './task-intake.ts';
import type { JobTaker } from './task-intake.ts';

/**
 * Runs the tasks of a source, which may be generators, and yields their items.
 *
 * ```
 *   source ──pull──→ open ──items──→ reader        each generator is at most its window ahead
 *            └ needs a reserved place, and  open < window, of generators < concurrency
 * ```
 * Only the thread finds out whether a function is a generator. The stream opens the first task of a function as if it were one; if
 * the function turns out to be an ordinary one, its later tasks run as in `map()`.
 */
export class ItemStream<T>
  implements JobTaker, SettlementListener, LiveStream, Abortable, AsyncIterableIterator<T, undefined>
{
  readonly #scheduler: Scheduler;
  readonly #settings: ItemStreamSettings<T>;
  readonly #intake: TaskIntake;
  readonly #order: ReadingOrder;
  readonly #readers = new Readers<T>();
  /** The job that has this stream as an argument, if there is one. */
  #reader: Job | null = null;
  /** Has the stream seen a generator? */
  #hasGenerators: boolean;
  #pulled = 0;
  #begun = false;
  #isDue = false;
  #left = false;
  #sourceEnded = false;
  #error: { readonly reason: unknown } | null = null;

  constructor(scheduler: Scheduler, source: OpenSource<Task<unknown>>, settings: ItemStreamSettings<T>) {
    this.#scheduler = scheduler;
    this.#settings = settings;
    this.#intake = new TaskIntake(scheduler, source, this);
    this.#order = new ReadingOrder(settings.ordered, () => this.#goOnSoon());
    this.#hasGenerators = !settings.mixed;
    onceAborted(settings.signal, this);
    rememberProducer(this, {
      owner: scheduler,
      jobs: this.#order.open,
      ...windowsOf(noWindows),
      steps: null,
      readBy: (reader) => (this.#reader = reader),
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step<T>> {
    if (!this.#begun) {
      this.#begun = true;
      this.#scheduler.streams.add(this);
    }
    const job = this.#readers.size === 0 ? this.#order.next() : undefined;
    const step = job === undefined ? null : this.#give(job);
    this.#intake.pull();
    if (step !== null) return Promise.resolve(step);
    const later = this.#readers.wait();
    this.#serve();
    return later;
  }

  async return(): Promise<Step<T>> {
    await this.#leave(leftReason(), null);
    return { done: true, value: undefined };
  }

  /** The signal has aborted: the stream ends as if the reader had left, but one read rejects with the reason. */
  aborted(reason: unknown): void {
    this.#leave(reason, { reason }).catch(() => {});
    queueMicrotask(() => this.#settings.aborted?.(reason));
  }

  get wantsMore(): boolean {
    return this.#order.open.size < this.#mostOpen;
  }

  created(job: Job): void {
    if (job.done || (this.#settings.mixed && (isPlain(job.task) || !this.#scheduler.items.areCarried)))
      return;
    openItems(this.#scheduler, job, this.#settings, () => this.#itemsArrived(job));
    if (job.asParent !== null) job.asParent.reader = this.#reader;
  }

  pulled(job: Job): void {
    this.#pulled++;
    this.#order.add(job);
    if (job.done) return this.settled(job);
    return job.onSettled(this);
  }

  sourceEnded(error: { readonly reason: unknown } | null): void {
    if (!this.#sourceEnded) this.#error = error;
    this.#sourceEnded = true;
  }

  arrived(): void {
    this.#serve();
  }

  settled(job: Job): void {
    if (this.#left) return job.observe();
    job.holdFailure(true);
    if (job.status === 'fulfilled' && flowOf(job)?.isGenerator === false) rememberPlain(job.task);
    this.#order.readable(job);
    this.#serve();
    return this.#goOnSoon();
  }

  inspect(): Omit<StreamInspection, 'id'> | undefined {
    if (this.#left || (this.#intake.ended && this.#order.open.size === 0)) return undefined;
    const { kind } = this.#settings;
    const open = [...this.#order.open];
    const unread = open.filter((job) => job.done).length;
    const canRead = this.#readers.size === 0 && open.some((job) => job.done || hasItems(job));
    const waitsFor = this.#intake.waitsFor ?? (canRead ? 'reader' : 'tasks');
    return {
      kind,
      window: this.#mostOpen,
      open: open.length,
      unread,
      pulled: this.#pulled,
      waitsFor,
    };
  }

  get #mostOpen(): number {
    const { concurrency, window } = this.#settings;
    return this.#hasGenerators ? Math.min(window, concurrency) : window;
  }

  #itemsArrived(job: Job): void {
    if (this.#left) return;
    this.#hasGenerators = true;
    this.#order.readable(job);
    this.#serve();
  }

  /** Pulls and serves again if readers wait. In a microtask: the call may come from within a settlement. */
  #goOnSoon(): void {
    if (this.#readers.size === 0 || this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      if (this.#left) return;
      this.#intake.pull();
      this.#serve();
    });
  }

  #serve(): void {
    while (this.#readers.size > 0) {
      const job = this.#order.next();
      // Take the reader first: a failure in `#give()` ends the stream, and with it the other readers.
      if (job !== undefined) this.#readers.shift()?.resolve(this.#give(job));
      else if (this.#sourceEnded && this.#order.open.size === 0) this.#finish();
      else return;
    }
  }

  #finish(): void {
    const error = this.#error;
    this.#error = null;
    this.#unlisten();
    this.#readers.end(error);
  }

  #unlisten(): void {
    if (this.#settings.signal !== undefined) offAbort(this.#settings.signal, this);
  }

  #give(job: Job): Step<T> | Promise<never> {
    try {
      return { done: false, value: this.#read(job) };
    } catch (error) {
      // The reader gets the error after the clean-up, even if that fails.
      return this.return()
        .catch(() => {})
        .then(() => Promise.reject(error));
    }
  }

  #read(job: Job): T {
    const flow = flowOf(job);
    if (flow !== null && flow.items.size > 0) return this.#settings.item(this.#order.take(job, flow), job);
    this.#order.close(job);
    return this.#settings.read(job);
  }

  /** Ends begun generators, which run their `finally`, and cancels tasks that no thread has begun. */
  async #leave(cause: unknown, error: { readonly reason: unknown } | null): Promise<void> {
    this.#left = true;
    this.#sourceEnded = true;
    this.#error = error;
    this.#unlisten();
    const open = this.#order.clear();
    this.#scheduler.cancelUnclaimed(cause, open);
    const left = leaveItems(this.#scheduler, open, cause);
    const closed = this.#intake.end();
    this.#serve();
    await Promise.all([left, closed]);
  }
}
