import type { Delivery } from './backend.ts';
import { fairShare, fillBatch } from './batch-size.ts';
import type { Crew } from './workers.ts';
import { taskChannels } from '../job/diagnostics.ts';
import type { Job } from '../job/job.ts';
import type { Lane } from './lane.ts';
import { isBefore } from './pending-queue.ts';
import type { PendingQueue, Urgency } from './pending-queue.ts';
import type { RunTimes } from '../figures/run-times.ts';

export interface SenderParts {
  readonly queue: PendingQueue;
  readonly crew: Crew;
  readonly runTimes: RunTimes;
  readonly maxPendingBytes: number;
  /** An argument of one of its jobs can't be cloned. */
  readonly unsendable: (lane: Lane, delivery: Delivery<Job>, error: unknown) => void;
}

/**
 * A job with more than this share of the byte bound tells when it begins (a message of its own), and its bytes are given
 * back then; those of smaller ones are counted until they are answered.
 */
const announceShare = 1 / 4096;
/**
 * Expected run time of one delivery: long enough to make a message's cost small, short enough to stay agile. A message costs
 * the worker some 60 µs where both cores are busy. With 2 instead of 1 (and `maxDelayMs` in the worker, which belongs with it)
 * tasks of 50, 100 and 500 µs went from 86, 90 and 91 to 90, 93 and 96 % of the ideal; with 3 instead of 2, on another day,
 * those of 100 and 500 µs and 1 ms from 90, 94 and 92 to 92, 95 and 95 %; 4 gained nothing more.
 */
const budgetMs = 3;
/** A delivery's largest number of jobs, what the claim words are made for. */
const maxJobsPerDelivery = 256;
/** Bytes of arguments in one delivery of several jobs: larger tasks travel alone, and begin at once. */
const maxBytesPerDelivery = 256 * 1024;
/** One delivery running and one on its way: the hand-over costs no time. */
const depth = 2;
/** Large arguments travel alone, and to copy them takes the main thread longer than a quick task runs: more are on their way. */
const depthOfLarge = 4;
/**
 * But behind a job that takes longer than this nothing is on its way, or it might begin after jobs that came later: the
 * hand-over is less than a hundredth of the run. At half the capacity of two workers, jobs of 90 ms, the 99th percentile of the
 * latency fell from 364 to 203 ms.
 */
const maxAheadMs = 10;

/**
 * Decides what travels together, and sends it: what fits into a run-time budget, and no more than a fair share of what is
 * pending.
 */
export class Sender {
  readonly #parts: SenderParts;
  /** The least urgent of what was sent, an under-estimate: a more urgent job may have to overtake it. */
  lowestSent: Urgency = { priority: Infinity, depth: 0 };

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Nothing follows what is known to take long: it would stand behind it while another worker became free. */
  canTake(lane: Lane): boolean {
    if (!lane.canTake(lane.deliveries.every(isLargeAndBrief) ? depthOfLarge : depth)) return false;
    const job = lane.deliveries[0]?.jobs[0];
    return job === undefined || (this.#estimate(job) ?? 0) <= maxAheadMs;
  }

  /** @returns false if nothing was sent. */
  send(lane: Lane): boolean {
    const { queue, crew, runTimes, maxPendingBytes } = this.#parts;
    const limits = {
      mayMove: lane.deliveries.every(({ brief }) => brief),
      budgetMs,
      maxBytes: maxBytesPerDelivery,
      maxJobs: Math.min(
        maxJobsPerDelivery,
        // One that retires, and takes more for the sake of what waits there, takes one at a time.
        Math.max(1, lane.tasksLeft),
        this.#fairShare(),
      ),
    };
    const jobs = fillBatch(queue, limits, (job) => this.#estimate(job));
    if (jobs.length === 0) return false;
    const alone = jobs.length === 1 ? (jobs[0] as Job) : undefined;
    const uneven = jobs.some(({ task }) => runTimes.isUneven(task.target));
    const heard = taskChannels.start.hasSubscribers;
    const announce = alone !== undefined && (heard || alone.bytes > maxPendingBytes * announceShare);
    const delivery = crew.deliver(lane, jobs);
    delivery.brief = !uneven && (alone === undefined || this.#isBrief(alone));
    this.#enter(jobs, delivery);
    try {
      crew.send(lane, delivery, { announce, eager: uneven });
    } catch (error) {
      this.#parts.unsendable(lane, delivery, error);
      return true;
    }
    if (lane.deliveries[0] === delivery) this.tellNext(lane);
    return true;
  }

  /** To be told also when the delivery before it is through. */
  tellNext(lane: Lane): void {
    const delivery = lane.deliveries[0];
    const [job] = delivery?.jobs ?? [];
    if (delivery?.jobs.length === 1 && job?.delivery === delivery) job.guard?.started();
  }

  #fairShare(): number {
    const { queue, crew } = this.#parts;
    // Frequent, and needs no look at the workers.
    if (queue.size === 1) return 1;
    let unanswered = queue.size;
    let takers = 0;
    for (const lane of crew.lanes) {
      unanswered += lane.backlog;
      if (this.canTake(lane)) takers++;
    }
    return fairShare({ queued: queue.size, unanswered, workers: crew.lanes.length, depth, takers });
  }

  /** Before it is sent: cloning an argument may run a getter, and that may cancel any of them. */
  #enter(jobs: readonly Job[], delivery: Delivery<Job>): void {
    for (let position = 0; position < jobs.length; position++) {
      const job = jobs[position] as Job;
      job.transitionTo('sent');
      job.delivery = delivery;
      job.position = position;
      job.moved = job.transfer !== undefined;
      // Not the job itself, which would be kept alive.
      if (isBefore(this.lowestSent, job)) this.lowestSent = { priority: job.priority, depth: job.depth };
    }
  }

  /** Is it known to end soon, and its thread not to be ended by force? What moves may follow only such a delivery. */
  #isBrief(job: Job): boolean {
    return !job.travelsAlone && (this.#estimate(job) ?? Infinity) <= budgetMs;
  }

  #estimate({ task }: Job): number | undefined {
    return this.#parts.runTimes.estimate(task.target);
  }
}

function isLargeAndBrief({ brief, jobs }: Delivery<Job>): boolean {
  return brief && jobs.length === 1 && (jobs[0] as Job).bytes > maxBytesPerDelivery;
}
