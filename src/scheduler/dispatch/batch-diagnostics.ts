import { Task } from '../../tasks/task.ts';
import { channel } from 'node:diagnostics_channel';
import type { Channel } from 'node:diagnostics_channel';
import type { ExecutorIdentity } from '../executor-id.ts';
import type { Batch, Failure } from './backend.ts';
import type { Job } from '../job/job.ts';
import type { Lane } from './workers/lane.ts';

/**
 * The tasks of a batch, by position from 0. Valid only while the message is being published: the next batch reuses its memory.
 * Times are milliseconds on the main thread's `performance.now()`. Methods throw a `RangeError` for a position out of range.
 *
 * Reading costs time: for a large batch a few samples tell most.
 */
export interface BatchView {
  /** Tasks in the batch, also those that were taken back. */
  readonly size: number;
  /** When it was sent; 0 if the channel had no subscriber then. */
  readonly sentAt: number;
  /** The future's `id`. */
  taskId(position: number): number;
  /** A small integer that identifies the function in this thread. */
  functionId(position: number): number;
  functionName(position: number): string;
  /** The task module's URL. */
  module(position: number): string;
  label(position: number): string;
  /** Did a running task submit it? */
  nested(position: number): boolean;
  submittedAt(position: number): number;
  /** When the task got its place, if it waited for one and the channel had a subscriber then; else 0. */
  admittedAt(position: number): number;
  /** Valid if `ran(position)`. */
  startedAt(position: number): number;
  /** Valid if `ran(position)` and the position is one of the message's. */
  endedAt(position: number): number;
  /** Did the task run in this batch? False for a task that was taken back, and for one that left the batch to wait. */
  ran(position: number): boolean;
  /** If true, `ran()` is true for each position of the message, and need not be asked. */
  readonly allRan: boolean;
}

/**
 * On `millrace:batch:answer`: a worker has answered tasks of a batch. One message for each answer, however many tasks it covers, so
 * that a subscriber costs little for each task. Published before the tasks settle.
 */
export interface BatchAnswerMessage {
  /** The executor's name. */
  readonly executor: string;
  /** Tells executors of the same name apart. */
  readonly executorId: number;
  /** The worker's index among the executor's workers, from 0. */
  readonly worker: number;
  /** `threadId` of `node:worker_threads`; -1 if there is no thread. */
  readonly threadId: number;
  readonly batch: BatchView;
  /** The answer covers the positions from `from` up to but not including `to`. */
  readonly from: number;
  readonly to: number;
  /** Is the worker through with the batch? */
  readonly last: boolean;
  /** How many of these tasks threw. */
  readonly failed: number;
  /** Has the batch's only task waited (for its own tasks, its reader or items)? Other tasks may then have run in between. */
  readonly suspended: boolean;
  /** When the answer arrived, milliseconds on `performance.now()`. */
  readonly at: number;
}

export const batchAnswers: Channel = channel('millrace:batch:answer');

class View implements BatchView {
  readonly #batch: Batch<Job>;

  constructor(batch: Batch<Job>) {
    this.#batch = batch;
  }

  get size(): number {
    return this.#batch.jobs.length;
  }

  get sentAt(): number {
    return this.#batch.sentAt || 0;
  }

  taskId(position: number): number {
    return this.#jobAt(position).id;
  }

  functionId(position: number): number {
    return Task.targetOf(this.#jobAt(position).task).index;
  }

  functionName(position: number): string {
    return Task.targetOf(this.#jobAt(position).task).name;
  }

  module(position: number): string {
    return Task.targetOf(this.#jobAt(position).task).module;
  }

  label(position: number): string {
    return this.#jobAt(position).label;
  }

  nested(position: number): boolean {
    return this.#jobAt(position).nesting > 0;
  }

  submittedAt(position: number): number {
    return this.#jobAt(position).submittedAt;
  }

  admittedAt(position: number): number {
    const { waiter } = this.#jobAt(position);
    return waiter !== null && 'admittedAt' in waiter ? waiter.admittedAt : 0;
  }

  startedAt(position: number): number {
    return this.#batch.startedAt(position);
  }

  endedAt(position: number): number {
    return this.#batch.endedAt(position);
  }

  ran(position: number): boolean {
    return this.#jobAt(position).batch === this.#batch;
  }

  get allRan(): boolean {
    return this.#batch.taken === 0 && !this.#batch.someLeft;
  }

  #jobAt(position: number): Job {
    const job = this.#batch.jobs[position];
    if (job === undefined) throw new RangeError(`a batch of ${this.size} has no position ${position}`);
    return job;
  }
}

export function publishAnswer(
  { name, executorId }: ExecutorIdentity,
  lane: Lane,
  batch: Batch<Job>,
  count: number,
  failures: readonly Failure[],
  last: boolean,
): void {
  const { answered } = batch;
  const message: BatchAnswerMessage = {
    executor: name,
    executorId,
    worker: lane.index,
    threadId: lane.worker?.threadId ?? -1,
    batch: new View(batch),
    from: answered,
    to: answered + count,
    last,
    failed: failures.length,
    suspended: lane.parked.has(batch),
    at: performance.now(),
  };
  batchAnswers.publish(message);
}
