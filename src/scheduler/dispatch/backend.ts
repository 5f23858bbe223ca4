import type { Task } from '../../tasks/task.ts';
import type { TaskOptions } from '../../tasks/task-options.ts';

/** What a worker needs to know of a job: what it calls, and with what. */
export interface Call {
  readonly task: Task<unknown>;
  readonly args: readonly unknown[];
  /** What moves to the worker instead of being copied. */
  readonly transfer: TaskOptions['transfer'];
  /** Estimated bytes of the arguments. */
  readonly bytes: number;
  /** Travels with it for tracing. */
  readonly carrier: Readonly<Record<string, string>> | undefined;
}

/**
 * What the dispatcher asks of whatever runs the jobs. `pool/` implements it; tests implement it in a page. The dispatcher keeps
 * the only queue: a worker never holds more than it was just sent.
 */
export interface WorkerBackend<C extends Call> {
  /**
   * Starts one worker. Its first event is `ready` or `ended`, and neither comes before `start` has returned. Never throws:
   * a worker that can't be started has ended.
   */
  start(events: WorkerEvents<C>): Worker<C>;
  /** Told how many workers have nothing to do, whenever that changes. */
  idle?(workers: number): void;
}

/** Milliseconds that a worker's event loop has spent in callbacks and waiting: `performance.eventLoopUtilization()`. */
export interface LoopTimes {
  readonly activeMs: number;
  readonly idleMs: number;
}

/** One worker from its start to its end; after a crash another one takes its place. */
export interface Worker<C extends Call> {
  /** False while all of its room for deliveries is in use. */
  readonly canSend: boolean;
  /** Room for a delivery of these jobs, to be run one after the other in this order. They can be taken back from now on. */
  deliver(jobs: readonly C[]): Delivery<C>;
  /**
   * Sends it, without what has been taken back. Cloning runs getters and proxies of the arguments, and they may do anything.
   *
   * @throws the platform's `DataCloneError` when an argument can't be cloned; then nothing was sent, and nothing moved.
   *   Of a single job it names the argument's path.
   */
  send(delivery: Delivery<C>, options: SendOptions): void;
  /** Frees the room of a delivery that was never sent, or that the worker is through with: it is not read any more. */
  release(delivery: Delivery<C>): void;
  /** Lets an idle worker clean up and ends it; `ended` follows. One that is not up yet is ended at once. */
  leave(): void;
  /** How long its event loop was busy and idle, both since it started. */
  loopTimes(): LoopTimes;
  /** Ends the worker, whatever it is doing; `ended` follows. */
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
export interface Delivery<out C extends Call> {
  readonly jobs: readonly C[];
  /** Jobs answered so far, counted from the first. Kept by the dispatcher. */
  answered: number;
  /** Jobs taken back so far. Kept by the dispatcher. */
  taken: number;
  /** Will the worker soon be through with it? Kept by the dispatcher. */
  brief: boolean;
  claim(position: number): Claim;
  /** False while its only job waits for jobs of its own: the worker is free for others then. */
  readonly hasWorker: boolean;
  /** Takes a job back before the worker claims it: true means that it will never run there. Exact. */
  takeBack(position: number): boolean;
  /** Asks a running job to stop: true if it was running and had not finished. */
  askToStop(position: number, reason: unknown): boolean;
  /** Tells a job that was asked to stop the reason, whose getters may do anything. */
  tellToStop(position: number): void;
  /** When the worker claimed it, milliseconds on the dispatcher's `performance.now()`; valid from then on. */
  startedAt(position: number): number;
  /** When it ended, on the same clock; valid from the answer on. */
  endedAt(position: number): number;
}

/** A job that threw, by its position. */
export type Failure = readonly [position: number, reason: unknown];

/** How a job that a running job submits is told of to the worker that runs that one. */
export interface NestedCall {
  /** Undefined if nothing waits for the admission. */
  readonly admitted: (() => void) | undefined;
  settled(status: 'fulfilled' | 'rejected' | 'cancelled', value: unknown): void;
}

export interface WorkerEvents<C extends Call> {
  ready(): void;
  /** The worker has claimed the first job of a delivery that was sent with `announce`. */
  began(delivery: Delivery<C>): void;
  /**
   * Results of the jobs from `delivery.answered` on, in order; a failed or taken job has `undefined` there. The
   * receiver moves `answered` on. `last` says that the worker is through with the delivery, which is the receiver's to release.
   */
  answered(
    delivery: Delivery<C>,
    values: readonly unknown[],
    failures: readonly Failure[],
    last: boolean,
  ): void;
  /** The running job at this position reports how far it is. */
  reported(delivery: Delivery<C>, position: number, value: unknown): void;
  /** What had moved to the worker for the job at this position, which it has not begun, has come back. */
  handedBack(
    delivery: Delivery<C>,
    position: number,
    args: readonly unknown[],
    transfer: NonNullable<Call['transfer']>,
  ): void;
  /** The running job at this position submits a task. @returns how to cancel it. */
  called(
    delivery: Delivery<C>,
    position: number,
    task: Task<unknown>,
    options: TaskOptions,
    call: NestedCall,
  ): (reason: unknown) => void;
  /**
   * The job at this position waits for tasks of its own, for the first time: it has left the delivery, and is alone in one of
   * its own now, which does not count among those that the worker has to do. `waits` follows.
   */
  parked(delivery: Delivery<C>, position: number, parked: Delivery<C>): void;
  /** It waits, having been told so many times how its own tasks stand. */
  waits(parked: Delivery<C>, seen: number): void;
  /** The worker could not read the delivery, and will not run any of it. It is the receiver's to release. */
  unread(delivery: Delivery<C>, reason: unknown): void;
  /** The worker holds more memory than it may, and waits until this returns: what it has not begun can be taken back. */
  full(): void;
  /** The worker has ended, asked or not; nothing follows. Unanswered jobs are the receiver's to sort by `claim`. */
  ended(exitCode: number | undefined, cause: unknown): void;
}
