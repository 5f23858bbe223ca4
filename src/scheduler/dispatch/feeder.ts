import type { Workers } from './workers/workers.ts';
import type { Deadlines } from '../../base/deadlines.ts';
import type { EnoughAwake } from './workers/enough-awake.ts';
import type { Growth } from './growth/growth.ts';
import type { Job } from '../job/job.ts';
import type { Lane } from './workers/lane.ts';
import { isBefore } from './pending-queue.ts';
import type { PendingQueue } from './pending-queue.ts';
import type { Batcher } from './batcher.ts';
import { stealFrom, takeBack, takeBackFrom } from './take-back.ts';
import type { Transitions } from '../transitions.ts';

export interface FeederParts {
  readonly transitions: Transitions;
  readonly queue: PendingQueue;
  readonly workers: Workers;
  readonly batcher: Batcher;
  readonly growth: Growth;
  /** Null where there are no more workers than cores. */
  readonly enough: EnoughAwake | null;
  readonly deadlines: Deadlines;
}

/**
 * Decides when a worker gets more jobs. It feeds an idle worker as soon as the books are in order. It tops a busy worker up when the
 * event loop comes round (`setImmediate`), so that all jobs submitted until then can travel in one batch. It takes jobs on their way
 * back for a more urgent job, for an idle worker, or for a cancellation.
 */
export class Feeder {
  readonly #parts: FeederParts;
  #topUpDue = false;

  constructor(parts: FeederParts) {
    this.#parts = parts;
  }

  enqueue(job: Job): void {
    const { queue, workers, batcher, enough } = this.#parts;
    job.transitionTo('queued');
    queue.push(job);
    enough?.queued(job);
    if (isBefore(job, batcher.lowestSent)) this.#recallBelow(job);
    workers.revive();
    if (workers.idle === undefined || enough?.holds === true) this.topUpSoon();
    else this.feedSoon();
  }

  /** Removes a job that no worker has claimed. False: the job is running, or has run. */
  withdraw(job: Job): boolean {
    if (job.status === 'queued') {
      this.#parts.queue.remove(job);
      return true;
    }
    if (!takeBack(job)) return false;
    // Its worker may have nothing else to do, but learns of the withdrawal only when it reaches the job.
    this.topUpSoon();
    return true;
  }

  /** Puts jobs that were on their way back to the front of the queue. `jobs`: in the order in which they had been sent. */
  requeue(jobs: readonly Job[]): void {
    for (const job of jobs.toReversed()) {
      job.transitionTo('queued');
      this.#parts.queue.unshift(job);
      this.#parts.enough?.queued(job);
    }
    if (jobs.length > 0) this.topUpSoon();
  }

  topUpSoon(): void {
    if (this.#topUpDue) return;
    this.#topUpDue = true;
    const { queue, workers, growth, transitions } = this.#parts;
    // The first worker starts without waiting for the event loop.
    if (workers.started === 0 && queue.size > 0) workers.startMore(1);
    setImmediate(() => {
      this.#topUpDue = false;
      transitions.run(() => {
        this.#feedIdle();
        this.#topUp();
        if (queue.size === 0 && workers.idle !== undefined && !workers.allIdle) this.#steal();
        growth.review();
      });
    });
  }

  /** Feeds idle workers at the end of the transition. */
  feedSoon(): void {
    this.#parts.transitions.endWith(this.#feed);
  }

  readonly #feed = (): void => {
    this.#feedIdle();
    const { queue, workers, growth } = this.#parts;
    if (queue.size > 0) this.topUpSoon();
    else if (workers.startable > 0) growth.fed();
  };

  #feedIdle(): void {
    const { queue, workers, batcher, enough } = this.#parts;
    if (workers.idle !== undefined) this.#dropExpired();
    // A thread that is about to end takes no more jobs.
    for (let lane = workers.idle; lane?.worker?.canSend === true && queue.size > 0; lane = workers.idle) {
      if (enough?.holds === true || !batcher.send(lane)) return;
    }
  }

  /** A worker is through with a batch: it gets the next batch before anything else happens. */
  refill(lane: Lane): void {
    const { queue, batcher } = this.#parts;
    this.#dropExpired();
    if (queue.size > 0 && batcher.canTake(lane)) batcher.send(lane);
  }

  #topUp(): void {
    const { queue, workers, batcher } = this.#parts;
    this.#dropExpired();
    for (const lane of workers.lanes) while (queue.size > 0 && batcher.canTake(lane) && batcher.send(lane));
  }

  /** Ends queued jobs whose time is up: they must not reach a worker, even if the timer is late. */
  #dropExpired(): void {
    if (this.#parts.queue.size > 0) this.#parts.deadlines.ringDue();
  }

  #recallBelow({ priority, nesting }: Job): void {
    const urgency = { priority, nesting };
    const recalled = this.#parts.workers.lanes.flatMap((lane) =>
      takeBackFrom(lane, Infinity, (job) => isBefore(urgency, job)),
    );
    this.requeue(recalled.toSorted((a, b) => a.id - b.id));
    this.#parts.batcher.lowestSent = urgency;
  }

  /** A worker is idle and the queue is empty: it gets unbegun jobs of another worker. */
  #steal(): void {
    const { workers, enough } = this.#parts;
    const stolen = stealFrom(enough?.victims(workers.lanes) ?? workers.lanes);
    if (stolen.length === 0) return;
    this.requeue(stolen);
    this.#feedIdle();
  }
}
