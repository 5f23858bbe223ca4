import type { CallFlow } from '../../tasks/call-flow.ts';
import type { ItemWindow } from '../../tasks/iterate-options.ts';
import type { Steps } from '../../tasks/pulled-source.ts';
import type { Task } from '../../tasks/task.ts';
import type { TaskOptions } from '../../tasks/task-options.ts';

/** A job as a worker needs it: the function and its arguments. */
export interface Call {
  readonly task: Task<unknown>;
  readonly args: readonly unknown[];
  /** Objects that move to the worker instead of being copied. */
  readonly transfer: TaskOptions['transfer'];
  /** Estimated bytes of the arguments. */
  readonly bytes: number;
  /** The trace context that travels with the job. */
  readonly carrier: Readonly<Record<string, string>> | undefined;
  /** How its items are read if the function is, or may be, a generator; null if only its result is wanted. */
  readonly flow: CallFlow | null;
  /** The positions of arguments that stay in this thread and that the task reads item by item; null if there are none. */
  readonly sources: { readonly positions: readonly number[] } | null;
}

/** Pulls a source for a task that reads it. Its messages to the worker go through `tell`, which waits for the task's place. */
export interface SourceFeed {
  /** Starts pulling. Called once, unless the feed is ended before. */
  pull(source: Steps, window: Required<ItemWindow>, tell: (news: () => void) => void): void;
  /** Stops pulling: the task has left the source. */
  stop(): void;
  /** Stops pulling, and tells the task the reason unless it has read to the end. */
  end(reason: unknown, tell: (news: () => void) => void): void;
}

/** What a job waits for: at least its child jobs, the reader of its items, or only items of its sources. */
export type WaitsFor = 'calls' | 'reader' | 'items';

/** The most that one worker takes at a time. */
export interface WorkerLimits {
  /** Jobs of one batch, at least 1. */
  readonly maxJobs: number;
  /** Batches on their way to the worker or in it, also those whose jobs were all taken back; at least 2. */
  readonly maxBatches: number;
  /** Expected run time of one batch, milliseconds; a worker holds results back for at most as long. */
  readonly batchMs: number;
}

/**
 * Starts the workers of the dispatcher. `pool/` implements it with threads; tests implement it in a page. The dispatcher keeps the
 * only queue: a worker holds only the batches that it has been sent.
 */
export interface WorkerBackend<C extends Call> {
  readonly limits: WorkerLimits;
  /**
   * Starts one worker. Its first event is `ready` or `ended`, and neither comes before `start` has returned. Never throws:
   * a worker that can't be started has ended.
   */
  start(events: WorkerEvents<C>): Worker<C>;
  /** Called with the number of workers that have nothing to do or could be started, whenever it changes. */
  idle?(workers: number): void;
}

/**
 * How a worker's event loop has spent its time since the thread started, by `performance.eventLoopUtilization()`. Both are 0 while
 * the thread is not up.
 */
export interface LoopTimes {
  /** Milliseconds in callbacks. */
  readonly activeMs: number;
  /** Milliseconds of waiting for events. */
  readonly idleMs: number;
}

/** One worker from its start to its end. After a crash another worker takes its place. */
export interface Worker<C extends Call> {
  /** `threadId` of `node:worker_threads`, for whoever watches; -1 if there is no thread. */
  readonly threadId: number;
  /** False while all of its room for batches is in use. */
  readonly canSend: boolean;
  /** Room for a batch of these jobs, to be run one after the other in this order. They can be taken back from now on. */
  deliver(jobs: readonly C[]): Batch<C>;
  /**
   * Sends a batch, without the jobs that have been taken back. Cloning runs getters and proxies of the arguments, which may do
   * anything.
   *
   * @throws the platform's `DataCloneError` if an argument can't be cloned; then nothing was sent, and nothing moved. For a single
   *   job the error names the argument's path.
   */
  send(batch: Batch<C>, options: SendOptions): void;
  /** Says whether this batch keeps the process alive. It does not while its generator waits for its reader, who may never come. */
  keepAlive(batch: Batch<C>, isKept: boolean): void;
  /** Frees the room of a batch that was never sent, or that the worker is through with. The caller reads the batch no more. */
  release(batch: Batch<C>): void;
  /** Lets an idle worker clean up and ends it; `ended` follows. A worker that is not up yet is ended at once. */
  leave(): void;
  /** How long its event loop was busy and idle, both since it started. */
  loopTimes(): LoopTimes;
  /** Ends the worker, whatever it is doing; `ended` follows. */
  terminate(): void;
}

export interface SendOptions {
  /** Tell by `began` when the first job has been claimed. */
  readonly announce: boolean;
  /** Send results on before the next job begins once the oldest is so many milliseconds old. */
  readonly holdMs: number;
}

/**
 * Where a job of a batch stands. Only a `sent` job can still be taken back. A `moved` job has left the batch for a batch of its own;
 * the event `parked` follows.
 */
export type Claim = 'sent' | 'running' | 'moved' | 'finished' | 'taken';

/** Jobs on their way to, or in, one worker. Positions count from 0, in the order of `jobs`. */
export interface Batch<out C extends Call> {
  readonly jobs: readonly C[];
  /** Jobs answered so far, counted from the first. The dispatcher advances it. */
  answered: number;
  /** Jobs taken back so far. The dispatcher counts them. */
  taken: number;
  /** Has a job left the batch for one of its own, in which it waits? Set by the dispatcher. */
  someLeft: boolean;
  /** Is the worker expected to be through with the batch soon? Set by the dispatcher. */
  brief: boolean;
  /** Index of its worker among the workers, from 0. Set by the dispatcher. */
  place: number;
  /** When it was sent, milliseconds on `performance.now()`; NaN if answers had no subscriber then. Set by the dispatcher. */
  sentAt: number;
  claim(position: number): Claim;
  /** False while the batch's only job is suspended: the worker is free for others. */
  readonly hasWorker: boolean;
  /** Takes a job back before the worker claims it. True: the job will never run in this batch. Exact. */
  takeBack(position: number): boolean;
  /** Asks a running job to stop. True: the job was running and had not finished. */
  askToStop(position: number, reason: unknown): boolean;
  /** Sends the reason to a job that was asked to stop. The reason's getters may do anything. */
  tellToStop(position: number): void;
  /** Tells the only job of this batch, a generator, that its reader has read as far as it waits for. */
  readOn?(): void;
  /** Milliseconds that the only job of this batch, a generator, has waited for its reader, and then for its worker. */
  readonly readerMs?: number;
  /** When the worker claimed the job, milliseconds on the dispatcher's `performance.now()`; valid once it has. */
  startedAt(position: number): number;
  /** When the job ended, on the same clock; valid once it is answered. */
  endedAt(position: number): number;
}

/** A job that threw, by its position. */
export type Failure = readonly [position: number, reason: unknown];

/** A child job that a running job submits, as the parent's worker follows it. */
export interface NestedCall {
  /** How the child's items are read if it is a generator; else null. */
  readonly flow: CallFlow | null;
  /** The child's arguments that are sources in the parent's thread. */
  readonly sources: readonly (Steps & AsyncIterable<unknown>)[];
  /** The child has yielded these items. */
  items(values: unknown[]): void;
  /** Called when the child is admitted; undefined if the parent does not wait for that. */
  readonly admitted: (() => void) | undefined;
  settled(status: 'fulfilled' | 'rejected' | 'cancelled', value: unknown): void;
}

/** What the parent's worker may do with a child job. */
export interface CallHandle {
  /** @param isLeft the parent has left the child's items: it is told of the end once the child has cleaned up. */
  cancel(reason: unknown, isLeft: boolean): void;
  /** The parent has read the items for which the child's generator waits. */
  readOn(): void;
}

export interface WorkerEvents<C extends Call> {
  ready(): void;
  /** The worker has claimed the first job of a batch that was sent with `announce`. */
  began(batch: Batch<C>): void;
  /**
   * Results of the jobs from `batch.answered` on, in order; `undefined` for a failed or taken job. The receiver advances `answered`.
   * `last`: the worker is through with the batch, and the receiver must release it.
   */
  answered(batch: Batch<C>, values: readonly unknown[], failures: readonly Failure[], last: boolean): void;
  /** The running job at this position reports how far it is. */
  reported(batch: Batch<C>, position: number, value: unknown): void;
  /** Objects that had moved to the worker for the unbegun job at this position have come back. */
  handedBack(
    batch: Batch<C>,
    position: number,
    args: readonly unknown[],
    transfer: NonNullable<Call['transfer']>,
  ): void;
  /** The running job at this position submits a task. */
  called(
    batch: Batch<C>,
    position: number,
    task: Task<unknown>,
    options: TaskOptions,
    call: NestedCall,
  ): CallHandle;
  /**
   * The job at this position waits for the first time: for child jobs, its reader or items. It has left the batch, and is alone in
   * the batch `parked`, which does not count among the worker's batches. `waits` follows.
   */
  parked(batch: Batch<C>, position: number, parked: Batch<C>): void;
  /**
   * The job alone in this batch waits. `seen` counts the news that it had been told: of its children, its reader or its sources.
   */
  waits(parked: Batch<C>, seen: number, waitsFor: WaitsFor): void;
  /** The generator that is alone in this batch has yielded these. */
  yielded(batch: Batch<C>, items: unknown[]): void;
  /** The task that is alone in this batch begins to read one of its sources: `feed` pulls it. */
  opened(batch: Batch<C>, source: number, feed: SourceFeed): void;
  /** The task has stopped reading this source. */
  leftSource(batch: Batch<C>, source: number): void;
  /** The worker could not read the batch, and will run none of its jobs. The receiver must release the batch. */
  unread(batch: Batch<C>, reason: unknown): void;
  /** The worker holds more memory than it may, and waits until this returns: unbegun jobs can be taken back. */
  full(): void;
  /** The worker has ended, asked or not; nothing follows. The receiver sorts the unanswered jobs by `claim`. */
  ended(exitCode: number | undefined, cause: unknown): void;
}
