import type { Member, Roster } from '../../base/roster.ts';
import type { CallFlow } from '../../tasks/call-flow.ts';
import type { Claim, SourceFeed, WaitsFor } from '../dispatch/backend.ts';
import type { FailureReason } from './failure.ts';

/** When a job that had waited got its place. */
export interface Admitted {
  /** Milliseconds on `performance.now()`. */
  readonly admittedAt: number;
}

/** Stands in line for a job. */
export interface JobWaiter {
  /** The job is cancelled. */
  leave(reason: unknown, why: FailureReason): void;
}

/** Watches an admitted job's signal and time limits: a `Watchdog`. */
export interface JobWatch {
  /** The job is next in its worker. */
  started(): void;
  /** The job's generator goes on after it waited for its reader: the wait does not count as run time. */
  resumed(): void;
  dispose(): void;
}

/** The items of a generator, as its reader takes them. */
export interface JobFlow extends CallFlow {
  /** Has the generator yielded an item? Then the job is never run again. */
  readonly hasYielded: boolean;
  /** Is the function known to be a generator? A stream also opens tasks of ordinary functions. */
  readonly isGenerator: boolean;
  /** Did the program drop the iteration unread? */
  readonly isAbandoned: boolean;
  arrived(items: unknown[]): void;
  /** The worker is free of the job, or has ended. */
  left(): void;
  /** The job starts again, in another worker. */
  restarted(): void;
}

/** The part of a job that may wait in its thread: for child jobs, for the reader of its items, or for items: a `ParentTask`. */
export interface Parenthood<Job extends Member> {
  readonly children: Roster<Job>;
  readonly holdsPlace: boolean;
  /** Does the job wait? */
  readonly suspended: boolean;
  /** Does the job wait for its reader? */
  readonly awaitsReader: boolean;
  /** The items of the job's generator; null for an ordinary function. */
  readonly flow: JobFlow | null;
  /** The arguments that the job's task reads item by item; null if there are none. */
  readonly sources: Sources<Job> | null;
  /** The job of the same executor that reads this job's items, if there is one. */
  reader: Job | null;
  waits(seen: number, waitsFor: WaitsFor, suspended: () => void, resumed: () => void): void;
  /** The reader is a job that has its place or stands in line for it: this job needs no place while it waits for that reader. */
  yieldPlace(): void;
  tell(news: () => void): void;
  /** Like `tell`, for news that the worker does not count. */
  proceed(news: () => void): void;
  left(): void;
  /** The parenthood of the job when it starts again; null if the job makes one when it needs it. */
  again(): Parenthood<Job> | null;
}

/** The arguments of a job that its task reads item by item: `JobSources`. */
export interface Sources<Job> {
  /** Positions of the sources among the arguments. */
  readonly positions: readonly number[];
  /** Jobs of the same executor that yield the items which this job reads, those that there were when it was made. */
  readonly producers: readonly Job[];
  /** Does a source come from tasks of the same executor, which may have to wait for this job? */
  readonly fromTasks: boolean;
  /** The jobs that yield the items learn which job reads them. */
  readBy(reader: Job): void;
  /** Has the task begun to read a source? Then the job is never run again. */
  readonly pulled: boolean;
  /**
   * The task has begun to read the source at this index.
   *
   * @param tell tells the worker something once the task has its place.
   */
  opened(index: number, feed: SourceFeed, tell: (news: () => void) => void): void;
  /** The task has stopped reading the source at this index. */
  left(index: number): void;
  /** Ends all sources. A task that still reads gets the reason. */
  end(reason: unknown, tell: (news: () => void) => void): void;
}

/** The batch that carries a `sent` job: the part that the job needs. The engine that sent it knows more. */
export interface SentBatch {
  /** Index of the engine's slot that has the batch. */
  readonly place: number;
  /** Where the job at this position stands. */
  claim(position: number): Claim;
  /** When the worker claimed the job, milliseconds on this thread's `performance.now()`; valid once it has. */
  startedAt(position: number): number;
  /** Milliseconds that the batch's only job has waited for its reader, which are not run time; undefined if none. */
  readonly readerMs?: number;
}
