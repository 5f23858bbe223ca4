// The global `performance` is a getter, which costs 15 ns more for each task.
import { performance } from 'node:perf_hooks';
import type { Transferable } from 'node:worker_threads';
import { Task } from '../../tasks/task.ts';
import type { TaskOptions } from '../../tasks/task-options.ts';
import type { Call } from '../dispatch/backend.ts';
import type { Linked } from '../../base/linked-list.ts';
import { Progress } from './progress.ts';
import type { News, Transitions } from '../transitions.ts';
import type { FailureReason } from './failure.ts';
import { mayBecome } from './job-status.ts';
import type { JobStatus, Settlement } from './job-status.ts';
import { tellAll, withListener, withoutListener } from '../../base/listeners.ts';
import type { Listeners } from '../../base/listeners.ts';
import type { Admitted, JobFlow, JobWaiter, JobWatch, Parenthood, SentBatch, Sources } from './job-parts.ts';

/** Called once, after a job has settled and when the books are in order. */
export interface SettlementListener {
  settled(job: Job): void;
}

/** The scheduler that owns a job, as the job sees it. */
export interface JobOwner {
  readonly transitions: Transitions;
  /** @param why the cause that subscribers get; by default it is derived from the reason. */
  cancel(job: Job, reason: unknown, interrupt: boolean, why?: FailureReason): boolean;
}

/** The scheduler's record of one submission; `Future` is its public face. */
export class Job implements Call, Linked, News {
  readonly id: number;
  readonly task: Task<unknown>;
  readonly options: TaskOptions;
  readonly priority: number;
  readonly owner: JobOwner;
  readonly submittedAt: number;
  /** Estimated bytes of its arguments. */
  readonly bytes: number;
  /** Do its bytes count against `maxPendingBytes`? From admission; until a start that is announced, or until the worker is free of it. */
  holdsBytes = false;
  retriesLeft: number;
  /** Threads that died when this job was the next one that they would have begun. */
  falseStarts = 0;
  /** The task's own arguments, or those that came back from a thread that ended before it began the task. */
  args: readonly unknown[];
  transfer: readonly Transferable[] | undefined;
  /** Have objects moved to a thread for it? Then the job can't be sent again. */
  moved = false;

  status: JobStatus = 'waiting';
  /** The result once fulfilled, the reason once rejected or cancelled. */
  value: unknown = undefined;
  /** Expected run time, whole microseconds; negative values are the forecaster's marks. */
  expectedUs = 0;
  /** The trace context that travels with it; undefined without subscribers. */
  carrier: Readonly<Record<string, string>> | undefined = undefined;
  /** Both times are set when the job has settled; while it runs, its batch has them. */
  startedAt: number | undefined = undefined;
  endedAt: number | undefined = undefined;

  /** The batch that carries it while it is `sent`, and its position there. */
  batch: SentBatch | null = null;
  position = 0;

  /** Stands in line while the job waits for a place; after that, if there are subscribers, the time when the job got it. */
  waiter: JobWaiter | Admitted | null = null;

  /** Its place among the jobs in flight of a stream, or among its parent's children. */
  seat = 0;
  list: object | null = null;
  previous: Linked | null = null;
  next: Linked | null = null;

  /** Must the job be the only one in its batch? */
  alone = false;
  /** Depth below the task that was submitted from outside a task, which has 0. */
  nesting = 0;
  /** The job's children, items and sources; null if it has none. */
  asParent: Parenthood<Job> | null = null;
  /** For a child job: hears of the settlement within the transition, and runs no user code. */
  origin: SettlementListener | null = null;
  /** Watches the job's signal and time limits; null if it has none. */
  watchdog: JobWatch | null = null;
  /** Has the program asked for the outcome? */
  observed = false;
  /** Set when the job has failed and the program had not asked for the outcome. */
  unread: { read: boolean; held: boolean } | null = null;
  /** Its `Future`, made by `Future.of()` when it is needed. */
  face: object | null = null;
  #progress: Progress | null = null;
  #listeners: Listeners<SettlementListener> = null;
  /** The promise of `result()`, made when it is needed, with its two functions. */
  #promise: Promise<unknown> | null = null;
  #resolve: ((value: unknown) => void) | null = null;
  #reject: ((reason: unknown) => void) | null = null;

  constructor(id: number, task: Task<unknown>, options: TaskOptions, bytes: number, owner: JobOwner) {
    this.id = id;
    this.task = task;
    this.options = options;
    this.priority = options.priority ?? 0;
    this.owner = owner;
    this.submittedAt = performance.now();
    this.bytes = bytes;
    this.retriesLeft = options.retries ?? 0;
    this.args = Task.argsOf(task);
    this.transfer = options.transfer;
  }

  get flow(): JobFlow | null {
    return this.asParent === null ? null : this.asParent.flow;
  }

  get sources(): Sources<Job> | null {
    return this.asParent === null ? null : this.asParent.sources;
  }

  get label(): string {
    return this.options.label ?? this.task.name;
  }

  get done(): boolean {
    return this.status === 'fulfilled' || this.status === 'rejected' || this.status === 'cancelled';
  }

  /** True from the moment a thread claims the job until it settles. */
  get running(): boolean {
    return this.status === 'sent' && this.batch?.claim(this.position) !== 'sent';
  }

  /** When a thread began the job, on this thread's `performance.now()`; undefined before. */
  get runningSince(): number | undefined {
    return this.startedAt ?? (this.running ? this.batch?.startedAt(this.position) : undefined);
  }

  /** May its thread be terminated on request, by the option `interrupt`? */
  get interruptible(): boolean {
    return (this.options.interrupt ?? false) !== false;
  }

  /** Has a thread begun the job and not answered, whether or not its future has settled? */
  get holdsThread(): boolean {
    return this.batch !== null && this.batch.claim(this.position) !== 'sent';
  }

  /** The program asks for the outcome: from now on a failure counts as read. */
  observe(): void {
    this.observed = true;
    if (this.unread !== null) this.unread.read = true;
  }

  /** A loop holds the failure for a reader that has not reached it yet (true), or holds it no longer (false). */
  holdFailure(held: boolean): void {
    if (this.unread !== null) this.unread.held = held;
  }

  /** The outcome as a promise, the same promise each time. */
  result(): Promise<unknown> {
    this.observe();
    return (this.#promise ??= new Promise((resolve, reject) => {
      if (this.status === 'fulfilled') resolve(this.value);
      else if (this.done) reject(this.value);
      else {
        this.#resolve = resolve;
        this.#reject = reject;
      }
    }));
  }

  /** The reports of the running task; made at the first report, or at the first call. */
  get progress(): Progress {
    return (this.#progress ??= new Progress(this.done));
  }

  /** Its progress, if it was made already; else null. */
  get reported(): Progress | null {
    return this.#progress;
  }

  report(value: unknown): void {
    if (!this.done) this.progress.report(value);
  }

  /** The objects that had moved to a thread have come back. */
  handBack(args: readonly unknown[], transfer: readonly Transferable[]): void {
    this.args = args;
    this.transfer = transfer;
    this.moved = false;
  }

  transitionTo(status: JobStatus): void {
    if (!mayBecome(this.status, status)) {
      throw new Error(`internal: task ${this.id} can't go from ${this.status} to ${status}`);
    }
    this.status = status;
  }

  settle(status: Settlement, value: unknown): void {
    if (this.endedAt === undefined) this.#endNow();
    this.transitionTo(status);
    this.value = value;
    if (this.origin !== null) this.origin.settled(this);
    // Sources of a fulfilled job end without a reason.
    this.sources?.end(status === 'fulfilled' ? undefined : value, (news) => this.tellWorker(news));
    const { transitions } = this.owner;
    if (this.#runsUserCode || transitions.hasNews) transitions.tell(this);
    else if (status === 'fulfilled') this.#resolve?.(value);
    else this.#reject?.(value);
  }

  /** Tells its worker something, once the job has a place in which to go on. */
  tellWorker(news: () => void): void {
    const { asParent } = this;
    if (asParent !== null) this.owner.transitions.run(() => asParent.tell(news));
  }

  /** Fixes the times of a job that settles before its thread answers. */
  #endNow(): void {
    this.startedAt = this.runningSince;
    // The clocks of two threads differ by a little.
    this.endedAt = Math.max(performance.now(), this.startedAt ?? 0);
  }

  /** May telling this settlement run user code at once? Settling a promise does only if its value is an object, which may have `then`. */
  get #runsUserCode(): boolean {
    if (this.#listeners !== null || this.#progress !== null) return true;
    const { value } = this;
    return (typeof value === 'object' && value !== null) || typeof value === 'function';
  }

  /** Tells the settlement: settles the promise, ends the progress, calls the listeners. */
  tell(): void {
    if (this.status === 'fulfilled') this.#resolve?.(this.value);
    else this.#reject?.(this.value);
    this.#progress?.end();
    const listeners = this.#listeners;
    if (listeners === null) return;
    this.#listeners = null;
    tellAll(listeners, (listener) => listener.settled(this));
  }

  /** Calls `listener.settled(this)` at settlement; never, if the job has settled already. */
  onSettled(listener: SettlementListener): void {
    this.#listeners = withListener(this.#listeners, listener);
  }

  offSettled(listener: SettlementListener): void {
    this.#listeners = withoutListener(this.#listeners, listener);
  }
}
