import type { Task } from '../tasks/task.ts';
import type { TaskOptions } from '../tasks/task-options.ts';
import type { Job } from './job.ts';
import type { NestedCall } from './nest.ts';

/**
 * What the scheduler asks of whatever runs the tasks. `pool/` implements it with Piscina's worker threads; tests
 * implement it in a page. The scheduler keeps the only queue: a worker never holds more than it was just sent.
 */
export interface WorkerBackend {
  /**
   * Starts one worker. Its first event is `ready` or `ended`, and neither comes before `start` has returned. Never throws:
   * a worker that can't be started has ended.
   */
  start(events: WorkerEvents): Worker;
  /** Told how many workers have nothing to do, whenever that changes. */
  idle?(workers: number): void;
}

/** Milliseconds that a thread's event loop has spent in callbacks and waiting: `performance.eventLoopUtilization()`. */
export interface LoopTimes {
  readonly activeMs: number;
  readonly idleMs: number;
}

/** One worker from its start to its end; after a crash another one takes its place. */
export interface Worker {
  /** False while all of its room for deliveries is in use. */
  readonly canSend: boolean;
  /** Room for a delivery of these jobs, to be run one after the other in this order. They can be taken back from now on. */
  deliver(jobs: readonly Job[]): Delivery;
  /**
   * Sends it, without what has been taken back. Cloning runs getters and proxies of the arguments, and they may do anything.
   *
   * @throws the platform's `DataCloneError` when an argument can't be cloned; then nothing was sent, and nothing moved.
   *   Of a single job it names the argument's path.
   */
  send(delivery: Delivery, options: SendOptions): void;
  /** Frees the room of a delivery that was never sent, or that the worker is through with: it is not read any more. */
  release(delivery: Delivery): void;
  /** Lets an idle thread clean up and ends it; `ended` follows. One that is not up yet is ended at once. */
  leave(): void;
  /** How long its event loop was busy and idle, both since it started. */
  loopTimes(): LoopTimes;
  /** Ends the thread, whatever it is doing; `ended` follows. */
  terminate(): void;
}

export interface SendOptions {
  /** Tell by `began` when the first job has been claimed. */
  readonly announce: boolean;
  /** Send each result on before the next job begins. */
  readonly eager: boolean;
}

/**
 * Where a job of a delivery stands: only `sent` ones can still be taken back. One that has `moved` has left the delivery for one
 * of its own, and `parked` follows.
 */
export type Claim = 'sent' | 'running' | 'moved' | 'finished' | 'taken';

/** Jobs on their way to, or in, one worker. Positions count from 0, in the order of `jobs`. */
export interface Delivery {
  readonly jobs: readonly Job[];
  /** How many have been answered: always the first so many. Kept by the backend. */
  answered: number;
  /** How many were taken back. Kept by the scheduler. */
  taken: number;
  /** Will the worker soon be through with it? Kept by the scheduler. */
  brief: boolean;
  claim(position: number): Claim;
  /** False for a job that is alone in it and waits for jobs of its own: the thread is free for others then. */
  readonly hasThread: boolean;
  /** Takes a job back before the worker claims it: true means that it will never run there. Exact. */
  takeBack(position: number): boolean;
  /** Asks a running job to stop: true if it was running and had not finished. */
  askToStop(position: number, reason: unknown): boolean;
  /** Tells a job that was asked to stop the reason, whose getters may do anything. */
  tellToStop(position: number): void;
  /** Milliseconds on this thread's `performance.now()`; valid once it has been claimed. */
  startedAt(position: number): number;
  /** The same; valid from the answer on. */
  endedAt(position: number): number;
}

/** A job that threw, by its position. */
export type Failure = readonly [position: number, reason: unknown];

export interface WorkerEvents {
  ready(): void;
  /** The worker has claimed the first job of a delivery that was sent with `announce`. */
  began(delivery: Delivery): void;
  /**
   * Results of the jobs from `delivery.answered` on, in order; a failed or taken job has `undefined` there. The
   * receiver moves `answered` on. `last` says that the worker is through with the delivery, which is the receiver's to release.
   */
  answered(delivery: Delivery, values: readonly unknown[], failures: readonly Failure[], last: boolean): void;
  /** A running job submits a task. Returned is how to cancel it. */
  called(parent: Job, task: Task<unknown>, options: TaskOptions, call: NestedCall): (reason: unknown) => void;
  /**
   * The job at this position waits for tasks of its own, for the first time: it has left the delivery, and is alone in one of
   * its own now, which does not count among those that the worker has to do. `waits` follows.
   */
  parked(delivery: Delivery, position: number, parked: Delivery): void;
  /** It waits, having been told so many times how its own tasks stand. */
  waits(parked: Delivery, seen: number): void;
  /** The worker could not read the delivery, and will not run any of it. It is the receiver's to release. */
  unread(delivery: Delivery, reason: unknown): void;
  /** The worker holds more memory than it may, and waits until this returns: what it has not begun can be taken back. */
  full(): void;
  /** The thread has ended, asked or not; nothing follows. Unanswered jobs are the receiver's to sort by `claim`. */
  ended(exitCode: number | undefined, cause: unknown): void;
}
