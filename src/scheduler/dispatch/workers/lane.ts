import type { Batch, LoopTimes, Worker } from '../backend.ts';
import type { Slot } from '../../engine.ts';
import { inspectTask } from '../../inspection.ts';
import type { WorkerInspection } from '../../inspection.ts';
import type { BootTime } from '../../figures/boot-time.ts';
import type { Job } from '../../job/job.ts';
import type { WorkerEndReason } from './worker-diagnostics.ts';

/**
 * ```
 * cold    starting ──→ (standby) ──→ open ──→ retiring ──→ ended
 *            └────────────┴────────────┼──────────────────────↑
 *                                      └──→ leaving ──────────↑
 * ```
 * - cold: the place has no worker, because none was started yet or the last one has left; the next worker there gets a new lane.
 * - starting → open: the worker has reported that it is ready.
 * - starting → standby: the worker is ready, but the lane that it replaces has work left.
 * - open → retiring: the worker has been sent `maxTasksPerWorker` tasks, or holds too much memory. It finishes its jobs, then its
 *   successor takes over. While jobs wait in it, it takes further jobs: the waiting jobs may need it to run their children.
 * - open → leaving: the worker was idle for too long, and cleans up. Its place is cold, or has another worker already.
 * - any → ended: the thread has ended, asked or not.
 */
export type LaneState = 'cold' | 'starting' | 'standby' | 'open' | 'retiring' | 'leaving' | 'ended';

/**
 * One worker as the dispatcher sees it: its state, and its unfinished batches, oldest first. A lane lives as long as its thread; its
 * successor has the same index.
 */
export class Lane implements Slot {
  readonly index: number;
  state: LaneState;
  /** When the lane was made, which for a started worker is its start: milliseconds on `performance.now()`. */
  readonly since: number = performance.now();
  readonly #bootTime: BootTime;
  /** Since when the worker has been idle, on the same clock; kept only with `idleTimeoutMs`. */
  idleSince: number = Infinity;
  worker: Worker<Job> | null = null;
  readonly batches: Batch<Job>[] = [];
  /** The batches of jobs that wait or have waited; each such job is alone in its batch. */
  readonly parked: Set<Batch<Job>> = new Set();
  /** The parked batches whose jobs do not wait now. */
  readonly resumed: Set<Batch<Job>> = new Set();
  /** Looks since the worker stalls; 0 unless it does. See `stalls.ts`. */
  stalledLooks: number = 0;
  /** Tasks that may still be sent before the worker is replaced. */
  tasksLeft: number;
  /** Label of the last task of the batch that the worker finished last. */
  lastTask: string | undefined = undefined;
  /** Why the worker was started. */
  readonly startsFor: 'new' | WorkerEndReason;
  /** Why the worker retires; undefined unless it does. */
  retiresFor: WorkerEndReason | undefined = undefined;
  /** Why the thread is being ended; undefined unless it is. */
  endsFor: WorkerEndReason | undefined = undefined;
  /** The lane that replaces this one: it starts, or stands by until this lane has finished. */
  successor: Lane | null = null;

  constructor(
    index: number,
    maxTasks: number,
    startsFor: Lane['startsFor'],
    bootTime: BootTime,
    state: 'cold' | 'starting' = 'starting',
  ) {
    this.index = index;
    this.startsFor = startsFor;
    this.tasksLeft = maxTasks;
    this.state = state;
    this.#bootTime = bootTime;
  }

  /** Is its worker up, and open or retiring? */
  get isUp(): boolean {
    return this.state === 'open' || this.state === 'retiring';
  }

  /** May its worker be ended for being idle? Not while a job waits in it, which can go on only there. */
  get isDispensable(): boolean {
    return this.state === 'open' && this.free && this.parked.size === 0;
  }

  /** By how many milliseconds its boot exceeds a merely slow one (`BootTime.slowMs`). */
  lateMs(now: number): number {
    if (this.takes || this.state === 'standby') return 0;
    if (this.state === 'starting') return Math.max(0, now - this.since - this.#bootTime.slowMs);
    return this.successor?.lateMs(now) ?? 0;
  }

  /** See `Slot.readyInMs`. A boot that takes longer than usual is taken to go on for as long as it is late. */
  readyInMs(now: number): number {
    if (this.takes || this.state === 'standby') return 0;
    if (this.state === 'starting') return Math.abs(this.#bootTime.ms - (now - this.since));
    return this.successor?.readyInMs(now) ?? this.#bootTime.ms;
  }

  /** Has its worker nothing to do? Parked jobs may wait in it. */
  get free(): boolean {
    return this.batches.length === 0 && this.resumed.size === 0;
  }

  /** Number of batches with work left. A batch whose jobs were all taken back does not count. */
  get live(): number {
    let live = this.resumed.size;
    for (const batch of this.batches) if (unfinished(batch) > 0) live++;
    return live;
  }

  get busy(): boolean {
    return this.live > 0;
  }

  /** Does a job wait in its worker? The worker's message of the wait may still be on its way. */
  get holdsWaiting(): boolean {
    return this.parked.size > 0 || this.batches.some(hasMoved);
  }

  get suspended(): number {
    return [...this.parked].filter(isSuspended).length;
  }

  /** Zeros while there is no worker. */
  get loopTimes(): LoopTimes {
    return this.worker?.loopTimes() ?? { activeMs: 0, idleMs: 0 };
  }

  /** Jobs sent and not answered, running ones included. */
  get backlog(): number {
    let backlog = this.resumed.size;
    for (const batch of this.batches) backlog += unfinished(batch);
    return backlog;
  }

  /** The batch whose job the worker executes at this instant. */
  get atWork(): Batch<Job> | undefined {
    for (const batch of this.batches) if (isAtWork(batch)) return batch;
    // Only resumed batches: waiting jobs, of which there may be very many, do not have the thread.
    for (const batch of this.resumed) if (isAtWork(batch)) return batch;
    return undefined;
  }

  /**
   * The job that the worker executes at this instant; a cancelled job that has not returned counts. Of several resumed jobs, which
   * go on one after the other, it is the job that has the thread, or else an unsettled one.
   */
  get runningJob(): Job | undefined {
    for (const batch of this.batches) {
      for (let position = batch.answered; position < batch.jobs.length; position++) {
        const job = batch.jobs[position] as Job;
        if (isRunning(job, position, batch)) return job;
      }
    }
    let next: Job | undefined;
    for (const { hasWorker, jobs } of this.resumed) {
      if (hasWorker) return jobs[0];
      if (next?.done !== false) next = jobs[0];
    }
    return next;
  }

  /** Does the worker execute an unsettled job at this instant? */
  get running(): boolean {
    return this.runningJob?.done === false;
  }

  inspect(): WorkerInspection {
    const { index, state, worker, backlog, suspended, runningJob } = this;
    const threadId = worker === null || worker.threadId < 0 ? undefined : worker.threadId;
    return { worker: index, state, threadId, sent: backlog, suspended, task: inspectTask(runningJob) };
  }

  /** Does the lane take jobs? */
  get takes(): boolean {
    if (this.endsFor !== undefined) return false;
    return this.state === 'open' || (this.state === 'retiring' && this.parked.size > 0);
  }

  canTake(batchesInFlight: number): boolean {
    if (this.stalledLooks > 0) return false;
    return this.takes && this.worker?.canSend === true && this.live < batchesInFlight;
  }
}

/** Does the job run in this batch? Not if it has left the batch for one of its own. */
function isRunning(job: Job, position: number, batch: Batch<Job>): boolean {
  return batch.claim(position) === 'running' && job.batch === batch;
}

/** Has a job left the batch for one of its own, of which the dispatcher has not heard? */
function hasMoved(batch: Batch<Job>): boolean {
  return batch.jobs.some((job, position) => job.batch === batch && batch.claim(position) === 'moved');
}

function isAtWork(batch: Batch<Job>): boolean {
  return batch.hasWorker && batch.jobs.some((job, position) => isRunning(job, position, batch));
}

function unfinished(batch: Batch<Job>): number {
  return batch.jobs.length - batch.answered - batch.taken;
}

/** Does the only job of this batch wait? */
function isSuspended({ jobs: [job] }: Batch<Job>): boolean {
  return job?.done === false && job.asParent?.suspended === true;
}
