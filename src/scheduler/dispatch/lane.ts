import type { Delivery, LoopTimes, Worker } from './backend.ts';
import type { Slot } from '../engine.ts';
import type { Job } from '../job/job.ts';

/**
 * ```
 * starting ──→ (standby) ──→ open ──→ retiring ──→ ended
 *    └────────────┴────────────┴──────────────────────↑
 * ```
 * - starting → open: the worker told that it is ready.
 * - starting → standby: it did, but the lane that it is to replace is not through yet.
 * - open → retiring: it has been sent `maxTasksPerWorker` tasks, or holds too much memory; it finishes what it has, then
 *   another one takes over. What waits there for jobs of its own may need it to run them: until that is through it takes more.
 * - any → ended: its thread has ended, asked or not.
 */
export type LaneState = 'starting' | 'standby' | 'open' | 'retiring' | 'ended';

/**
 * One worker as the dispatcher sees it: its life, and the deliveries that it has not finished, oldest first.
 * A lane lives as long as its thread; a successor takes its index.
 */
export class Lane implements Slot {
  readonly index: number;
  state: LaneState = 'starting';
  worker: Worker<Job> | null = null;
  readonly deliveries: Delivery<Job>[] = [];
  /** Of jobs that have waited for jobs of their own, each one alone. */
  readonly parked: Set<Delivery<Job>> = new Set();
  /** Those of them that do not wait now. */
  readonly resumed: Set<Delivery<Job>> = new Set();
  /** Tasks that may still be sent before the worker is replaced. */
  tasksLeft: number;
  /** The last one of the delivery that it finished last. */
  lastTask: string | undefined = undefined;
  /** Starting, or standing by until this lane, which it replaces, has finished. */
  successor: Lane | null = null;

  constructor(index: number, maxTasks: number) {
    this.index = index;
    this.tasksLeft = maxTasks;
  }

  /** Has its worker nothing to do? Parked jobs may wait there. */
  get free(): boolean {
    return this.deliveries.length === 0 && this.resumed.size === 0;
  }

  /** Deliveries with something left to do. One whose jobs were all taken back no longer counts. */
  get live(): number {
    let live = this.resumed.size;
    for (const delivery of this.deliveries) if (unfinished(delivery) > 0) live++;
    return live;
  }

  get busy(): boolean {
    return this.live > 0;
  }

  get suspended(): number {
    return [...this.parked].filter(isSuspended).length;
  }

  /** Zeros while its worker is not up. */
  get loopTimes(): LoopTimes {
    return this.worker?.loopTimes() ?? { activeMs: 0, idleMs: 0 };
  }

  /** Jobs sent and not answered, running ones included. */
  get backlog(): number {
    let backlog = this.resumed.size;
    for (const delivery of this.deliveries) backlog += unfinished(delivery);
    return backlog;
  }

  /** The delivery of which it executes a task at this instant. */
  get atWork(): Delivery<Job> | undefined {
    return this.deliveries.find(isAtWork) ?? [...this.parked].find(isAtWork);
  }

  /**
   * What it executes at this instant, a job included that was cancelled and has not returned. Of several that have waited and
   * are to go on, it is one that has the thread, or else one that has not settled: they go on one after the other.
   */
  get runningJob(): Job | undefined {
    for (const delivery of this.deliveries) {
      for (let position = delivery.answered; position < delivery.jobs.length; position++) {
        const job = delivery.jobs[position] as Job;
        if (isRunning(job, position, delivery)) return job;
      }
    }
    let next: Job | undefined;
    for (const { hasWorker, jobs } of this.resumed) {
      if (hasWorker) return jobs[0];
      if (next?.done !== false) next = jobs[0];
    }
    return next;
  }

  /** Does it execute a task at this instant whose future has not been settled? */
  get running(): boolean {
    return this.runningJob?.done === false;
  }

  /** Does it get jobs? */
  get takes(): boolean {
    return this.state === 'open' || (this.state === 'retiring' && this.parked.size > 0);
  }

  canTake(depth: number): boolean {
    return this.takes && this.worker?.canSend === true && this.live < depth;
  }
}

/** Not one that has left the delivery for one of its own. */
function isRunning(job: Job, position: number, delivery: Delivery<Job>): boolean {
  return delivery.claim(position) === 'running' && job.delivery === delivery;
}

function isAtWork(delivery: Delivery<Job>): boolean {
  return delivery.hasWorker && delivery.jobs.some((job, position) => isRunning(job, position, delivery));
}

function unfinished(delivery: Delivery<Job>): number {
  return delivery.jobs.length - delivery.answered - delivery.taken;
}

/** Does the only job of this delivery wait for jobs of its own? */
function isSuspended({ jobs: [job] }: Delivery<Job>): boolean {
  return job?.done === false && job.nest?.holdsPlace === false;
}
