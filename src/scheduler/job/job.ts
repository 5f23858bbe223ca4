import type { Transferable } from 'node:worker_threads';
import type { Abortable } from '../../base/on-abort.ts';
import { Task } from '../../tasks/task.ts';
import type { TaskOptions } from '../../tasks/task-options.ts';
import type { Call, Delivery } from '../dispatch/backend.ts';
import type { Linked } from '../../base/linked-list.ts';
import { Progress } from './progress.ts';
import type { News, Transitions } from '../transitions.ts';

/**
 * ```
 * waiting ──→ queued ⇄ sent ──→ fulfilled | rejected | cancelled
 *    └──────────┴────────────→ rejected | cancelled
 * ```
 * - waiting → queued: it got a place.
 * - queued → sent: it is on its way to a worker, or running there; the delivery's claim tells which.
 * - sent → queued: it was taken back unclaimed, or its worker crashed and it may run again.
 */
export type JobStatus = 'waiting' | 'queued' | 'sent' | 'fulfilled' | 'rejected' | 'cancelled';

export type Settlement = Extract<JobStatus, 'fulfilled' | 'rejected' | 'cancelled'>;

/** No table by name: each task passes here three times, and looking it up there took 40 ns. */
function mayBecome(from: JobStatus, to: JobStatus): boolean {
  const ends = to === 'rejected' || to === 'cancelled';
  if (from === 'waiting') return ends || to === 'queued';
  if (from === 'queued') return ends || to === 'sent';
  return from === 'sent' && (ends || to === 'queued' || to === 'fulfilled');
}

/** Called once when a job has settled, and the books are in order. */
export interface SettlementListener {
  settled(job: Job): void;
}

/** What a job asks of the scheduler that owns it. */
export interface JobOwner {
  readonly transitions: Transitions;
  cancel(job: Job, reason: unknown, interrupt: boolean): boolean;
}

/** What watches an admitted job's signal and times: a `Guard`. */
export interface JobWatch {
  /** The job is next in its worker. */
  started(): void;
  dispose(): void;
}

/** A job as the parent of those that it has submitted: a `Nest`. */
export interface Parenthood {
  readonly children: Set<Job>;
  readonly holdsPlace: boolean;
  waits(seen: number, suspended: () => void, resumed: () => void): void;
  tell(news: () => void): void;
  left(): void;
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
  /** Are they counted against `maxPendingBytes`? From admission until it starts. */
  holdsBytes = false;
  retriesLeft: number;
  /** Threads that died when this was the next job that they would have begun. */
  falseStarts = 0;
  /** The task's own, or what came back from a thread that ended before it had begun the task. */
  args: readonly unknown[];
  transfer: readonly Transferable[] | undefined;
  /** Has something moved to a thread for it? Then it can't be sent a second time. */
  moved = false;

  status: JobStatus = 'waiting';
  /** The result once fulfilled, the reason once rejected or cancelled. */
  value: unknown = undefined;
  /** Run time that the backlog counts it with, whole microseconds. */
  expectedUs = 0;
  /** What travels with it for tracing; undefined as long as nobody listens. */
  carrier: Readonly<Record<string, string>> | undefined = undefined;
  /** Both are known when it has settled; while it runs, its delivery knows. */
  startedAt: number | undefined = undefined;
  endedAt: number | undefined = undefined;

  /** The delivery that carries it while it is `sent`, and its position there. */
  delivery: Delivery<Job> | null = null;
  position = 0;

  /** What stands in line for it, while it waits for a place. */
  waiter: Abortable | null = null;

  list: object | null = null;
  previous: Linked | null = null;
  next: Linked | null = null;

  /** Could it not be sent along with others? Then it goes by itself. */
  alone = false;
  /** Tasks that wait for it, one for the other: 0 for one that was submitted from outside. */
  depth = 0;
  /** The tasks that it has submitted; null if there were none. */
  nest: Parenthood | null = null;
  /** Of a task that a task has submitted: hears of the settlement within the transition, and runs no user code. */
  origin: SettlementListener | null = null;
  /** Watches its signal and its times; null if it has none. */
  guard: JobWatch | null = null;
  /** Did anybody ask for the outcome? */
  observed = false;
  /** Set when it has failed and nobody had asked. */
  unread: { read: boolean } | null = null;
  /** Its public face, made when somebody asks for it: `Future.of()`. */
  face: object | null = null;
  #progress: Progress | null = null;
  /** A set as soon as there are two, which leave in any order. */
  #listeners: SettlementListener | Set<SettlementListener> | null = null;
  /** Made when somebody asks for it, and so are its two functions. */
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

  get label(): string {
    return this.options.label ?? this.task.name;
  }

  get done(): boolean {
    return this.status === 'fulfilled' || this.status === 'rejected' || this.status === 'cancelled';
  }

  /** True from the moment a thread claimed it until it has settled. */
  get running(): boolean {
    return this.status === 'sent' && this.delivery?.claim(this.position) !== 'sent';
  }

  /** When a thread began with it, on this thread's `performance.now()`. */
  get runningSince(): number | undefined {
    return this.startedAt ?? (this.running ? this.delivery?.startedAt(this.position) : undefined);
  }

  /** May its thread be ended when somebody asks for that? */
  get interruptible(): boolean {
    return (this.options.interrupt ?? false) !== false;
  }

  /** Has a thread begun it and not answered, whatever has become of its future? */
  get holdsThread(): boolean {
    return this.delivery !== null && this.delivery.claim(this.position) !== 'sent';
  }

  /** Must it be the only one in its delivery? Ending a thread to stop it must not touch others. */
  get travelsAlone(): boolean {
    return this.alone || this.interruptible || this.options.timeoutMs !== undefined;
  }

  /** Somebody asks for the outcome: a failure is theirs from now on. */
  observe(): void {
    this.observed = true;
    if (this.unread !== null) this.unread.read = true;
  }

  /** The outcome as a promise, the same one each time. */
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

  /** What it reports while it runs; made when it does, or when somebody asks. */
  get progress(): Progress {
    return (this.#progress ??= new Progress(this.done));
  }

  report(value: unknown): void {
    if (!this.done) this.progress.report(value);
  }

  /** What had moved to a thread has come back. */
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
    // A thread may run on with it; what it tells of its times comes too late.
    if (this.endedAt === undefined) {
      this.startedAt = this.runningSince;
      // The clocks of two threads differ by a little.
      this.endedAt = Math.max(performance.now(), this.startedAt ?? 0);
    }
    this.transitionTo(status);
    this.value = value;
    this.origin?.settled(this);
    const { transitions } = this.owner;
    if (this.#runsUserCode || transitions.hasNews) transitions.tell(this);
    else this.tell();
  }

  /** May user code run at once when this settlement is told? To settle a promise runs none, but looks for `then` in an object. */
  get #runsUserCode(): boolean {
    if (this.#listeners !== null || this.#progress !== null) return true;
    const { value } = this;
    return (
      this.status === 'fulfilled' &&
      (typeof value === 'function' || typeof value === 'object') &&
      value !== null
    );
  }

  /** It has settled: whoever waits for that is told. */
  tell(): void {
    if (this.status === 'fulfilled') this.#resolve?.(this.value);
    else this.#reject?.(this.value);
    this.#progress?.end();
    const listeners = this.#listeners;
    if (listeners === null) return;
    this.#listeners = null;
    if (listeners instanceof Set) for (const listener of listeners) listener.settled(this);
    else listeners.settled(this);
  }

  /** Calls `listener.settled(this)` at settlement; a job that has settled never calls. */
  onSettled(listener: SettlementListener): void {
    if (this.#listeners === null) this.#listeners = listener;
    else if (this.#listeners instanceof Set) this.#listeners.add(listener);
    else this.#listeners = new Set([this.#listeners, listener]);
  }

  offSettled(listener: SettlementListener): void {
    if (this.#listeners === listener) this.#listeners = null;
    else if (this.#listeners instanceof Set) this.#listeners.delete(listener);
  }
}
