import type { Crew } from './workers.ts';
import type { Deadlines } from '../../base/deadlines.ts';
import type { Job } from '../job/job.ts';
import type { Lane } from './lane.ts';
import { isBefore } from './pending-queue.ts';
import type { PendingQueue } from './pending-queue.ts';
import type { Sender } from './batcher.ts';
import { stealFrom, takeBack, takeBackFrom } from './take-back.ts';
import type { Transitions } from '../transitions.ts';

export interface FeederParts {
  readonly transitions: Transitions;
  readonly queue: PendingQueue;
  readonly crew: Crew;
  readonly sender: Sender;
  readonly deadlines: Deadlines;
}

/**
 * Decides when a worker gets more. One that has nothing is fed as soon as the books are in order. One that has something is topped up when the event
 * loop comes round (`setImmediate`), so that everything submitted until then can travel in one delivery. What is on its way
 * can be taken back: for a more urgent job, for a free worker, for a cancellation.
 */
export class Feeder {
  readonly #parts: FeederParts;
  #topUpDue = false;

  constructor(parts: FeederParts) {
    this.#parts = parts;
  }

  enqueue(job: Job): void {
    const { queue, crew, sender } = this.#parts;
    job.transitionTo('queued');
    queue.push(job);
    if (isBefore(job, sender.lowestSent)) this.#recallBelow(job);
    if (crew.idle === undefined) this.topUpSoon();
    else this.feedSoon();
    crew.revive();
  }

  /** Takes out a job that no worker has claimed. False: it is running, or has run. */
  withdraw(job: Job): boolean {
    if (job.status === 'queued') {
      this.#parts.queue.remove(job);
      return true;
    }
    if (!takeBack(job)) return false;
    // Its worker may have nothing else to do now, but learns of it only when it comes by.
    this.topUpSoon();
    return true;
  }

  /** Jobs that were on their way, in the order in which they had been sent: they go before later ones. */
  requeue(jobs: readonly Job[]): void {
    for (const job of jobs.toReversed()) {
      job.transitionTo('queued');
      this.#parts.queue.unshift(job);
    }
    if (jobs.length > 0) this.topUpSoon();
  }

  topUpSoon(): void {
    if (this.#topUpDue) return;
    this.#topUpDue = true;
    setImmediate(() => {
      this.#topUpDue = false;
      this.#parts.transitions.run(() => {
        this.#feedIdle();
        this.#topUp();
        const { queue, crew } = this.#parts;
        if (queue.size === 0 && crew.idle !== undefined && !crew.allIdle) this.#steal();
      });
    });
  }

  /** Feeds those that have nothing, at the end of the transition. */
  feedSoon(): void {
    this.#parts.transitions.endWith(this.#feed);
  }

  readonly #feed = (): void => {
    this.#feedIdle();
    if (this.#parts.queue.size > 0) this.topUpSoon();
  };

  #feedIdle(): void {
    const { queue, crew, sender } = this.#parts;
    if (crew.idle !== undefined) this.#dropExpired();
    // A thread that is about to end takes nothing more.
    for (let lane = crew.idle; lane?.worker?.canSend === true && queue.size > 0; lane = crew.idle) {
      if (!sender.send(lane)) return;
    }
  }

  /** A worker is through with a delivery: the next one is sent before anything else is done. */
  refill(lane: Lane): void {
    const { queue, sender } = this.#parts;
    this.#dropExpired();
    if (queue.size > 0 && sender.canTake(lane)) sender.send(lane);
  }

  #topUp(): void {
    const { queue, crew, sender } = this.#parts;
    this.#dropExpired();
    for (const lane of crew.lanes) while (queue.size > 0 && sender.canTake(lane) && sender.send(lane));
  }

  /** A task whose time is up must not reach a worker, also when the timer is late. */
  #dropExpired(): void {
    if (this.#parts.queue.size > 0) this.#parts.deadlines.ringDue();
  }

  #recallBelow({ priority, depth }: Job): void {
    const urgency = { priority, depth };
    const recalled = this.#parts.crew.lanes.flatMap((lane) =>
      takeBackFrom(lane, Infinity, (job) => isBefore(urgency, job)),
    );
    this.requeue(recalled.toSorted((a, b) => a.id - b.id));
    this.#parts.sender.lowestSent = urgency;
  }

  /** A worker is free and nothing is queued: what another one has not begun is shared with it. */
  #steal(): void {
    const stolen = stealFrom(this.#parts.crew.lanes);
    if (stolen.length === 0) return;
    this.requeue(stolen);
    this.#feedIdle();
  }
}
