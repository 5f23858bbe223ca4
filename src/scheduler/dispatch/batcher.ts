import type { Batch, WorkerLimits } from './backend.ts';
import { batchAnswers } from './batch-diagnostics.ts';
import { fairShare, fillBatch, travelsAlone } from './batch-size.ts';
import type { EnoughAwake } from './workers/enough-awake.ts';
import type { Workers } from './workers/workers.ts';
import { taskChannels } from '../job/diagnostics.ts';
import type { Job } from '../job/job.ts';
import type { Lane } from './workers/lane.ts';
import { isBefore } from './pending-queue.ts';
import type { PendingQueue, Urgency } from './pending-queue.ts';
import type { Stalls } from './stalls.ts';
import { Task } from '../../tasks/task.ts';
import type { RunTimes } from '../figures/run-times.ts';

export interface BatcherParts {
  readonly queue: PendingQueue;
  readonly workers: Workers;
  /** Null where there are no more workers than cores. */
  readonly enough: EnoughAwake | null;
  readonly runTimes: RunTimes;
  readonly limits: WorkerLimits;
  readonly maxPendingBytes: number;
  readonly stalls: Stalls;
  /** An argument of one of its jobs can't be cloned. */
  readonly unsendable: (lane: Lane, batch: Batch<Job>, error: unknown) => void;
}

/**
 * The worker announces the start of a lone job with more than this share of the byte bound, by a message of its own, and the job's
 * bytes are released then. The bytes of other jobs count until the jobs are answered.
 */
const announceShare = 1 / 4096;
/** The most bytes of arguments in one batch of several jobs. A larger job travels alone. */
const maxBytesPerBatch = 256 * 1024;
/** One batch running and one on its way: the hand-over costs no time. */
const batchesInFlight = 2;
/**
 * Nothing is sent behind a job that is expected to take longer than this: it might begin after jobs that came later, and the
 * hand-over is less than a hundredth of the run. At half the capacity of two workers, jobs of 90 ms, the 99th percentile of the
 * latency fell from 364 to 203 ms.
 */
const maxAheadMs = 10;
/** With a shorter hold, jobs that take long against all expectation are so frequent that none counts as brief. Milliseconds. */
const briefHoldMs = 0.3;

/**
 * Decides which jobs travel together, and sends them: as many as fit into a run-time budget, and at most a fair share of all pending
 * jobs.
 */
export class Batcher {
  readonly #parts: BatcherParts;
  /** At least as low as the urgency of every job on its way: a more urgent job may have to overtake such a job. */
  lowestSent: Urgency = { priority: Infinity, nesting: 0 };

  constructor(parts: BatcherParts) {
    this.#parts = parts;
  }

  /** May the lane get a further batch? Not behind a long job, where the batch would wait while another worker became free. */
  canTake(lane: Lane): boolean {
    // Jobs with large arguments travel alone. Copying these takes longer than a quick task runs, so more batches may be on their way.
    const { maxBatches } = this.#parts.limits;
    if (!lane.canTake(lane.batches.every(isLargeAndBrief) ? maxBatches : batchesInFlight)) return false;
    if (this.#parts.workers.isSpared(lane) || this.#parts.enough?.isSurplus(lane) === true) return false;
    const job = lane.batches[0]?.jobs[0];
    return job === undefined || (this.#estimate(job) ?? 0) <= maxAheadMs;
  }

  /** @returns false if nothing was sent. */
  send(lane: Lane): boolean {
    const { queue, workers, maxPendingBytes } = this.#parts;
    const { maxJobs, batchMs } = this.#parts.limits;
    const limits = {
      mayMove: lane.batches.every(({ brief }) => brief),
      budgetMs: batchMs,
      maxBytes: maxBytesPerBatch,
      maxJobs: Math.min(
        maxJobs,
        // A retiring worker, which takes jobs only because other jobs wait in it, takes one at a time.
        Math.max(1, lane.tasksLeft),
        this.#share(lane),
      ),
    };
    const jobs = fillBatch(queue, limits, (job) => this.#estimate(job));
    if (jobs.length === 0) return false;
    const alone = jobs.length === 1 ? (jobs[0] as Job) : undefined;
    const holdMs = this.#holdMs(jobs);
    const heard = taskChannels.start.hasSubscribers;
    const announce = alone !== undefined && (heard || alone.bytes > maxPendingBytes * announceShare);
    const brief = holdMs >= briefHoldMs && (alone === undefined || this.#isBrief(alone));
    const batch = workers.deliver(lane, jobs, brief);
    this.#enter(jobs, batch);
    if (batchAnswers.hasSubscribers) batch.sentAt = performance.now();
    try {
      workers.send(lane, batch, { announce, holdMs });
    } catch (error) {
      this.#parts.unsendable(lane, batch, error);
      return true;
    }
    if (lane.batches[0] === batch) this.tellNext(lane);
    this.#parts.stalls.sent();
    return true;
  }

  /** Starts the watchdog of a lone job that is next in its worker. Call it again when the batch before it is through. */
  tellNext(lane: Lane): void {
    const batch = lane.batches[0];
    const [job] = batch?.jobs ?? [];
    if (batch?.jobs.length === 1 && job?.batch === batch) job.watchdog?.started();
  }

  #share(lane: Lane): number {
    const share = this.#fairShare();
    const { enough } = this.#parts;
    return enough === null ? share : Math.max(share, enough.leastJobs(lane));
  }

  #fairShare(): number {
    const { queue, workers, enough } = this.#parts;
    // A shortcut for the frequent case.
    if (queue.size === 1) return 1;
    let unanswered = queue.size;
    let takers = 0;
    for (const lane of workers.lanes) {
      unanswered += lane.backlog;
      if (this.canTake(lane)) takers++;
    }
    const sharers = enough?.sharers(workers.started) ?? workers.started;
    return fairShare({ queued: queue.size, unanswered, workers: sharers, batchesInFlight, takers });
  }

  /** Enters jobs into their batch before it is sent: cloning an argument may run a getter, which may cancel any of these jobs. */
  #enter(jobs: readonly Job[], batch: Batch<Job>): void {
    for (let position = 0; position < jobs.length; position++) {
      const job = jobs[position] as Job;
      job.transitionTo('sent');
      job.batch = batch;
      job.position = position;
      job.moved = job.transfer !== undefined;
      // A copy: the job itself would be kept alive.
      if (isBefore(this.lowestSent, job)) this.lowestSent = { priority: job.priority, nesting: job.nesting };
    }
  }

  #holdMs(jobs: readonly Job[]): number {
    const { runTimes, limits } = this.#parts;
    let holdMs = limits.batchMs;
    for (const { task } of jobs) holdMs = Math.min(holdMs, runTimes.holdMs(Task.targetOf(task)));
    return holdMs;
  }

  /** Is the job known to end soon, and never stopped by ending its thread? Jobs with moving objects may follow only such jobs. */
  #isBrief(job: Job): boolean {
    return !travelsAlone(job) && (this.#estimate(job) ?? Infinity) <= this.#parts.limits.batchMs;
  }

  #estimate({ task }: Job): number | undefined {
    return this.#parts.runTimes.estimate(Task.targetOf(task));
  }
}

function isLargeAndBrief({ brief, jobs }: Batch<Job>): boolean {
  return brief && jobs.length === 1 && (jobs[0] as Job).bytes > maxBytesPerBatch;
}
