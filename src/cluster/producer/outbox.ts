import { fillBatch, fairShare } from '../../scheduler/dispatch/batch-size.ts';
import { PendingQueue } from '../../scheduler/dispatch/pending-queue.ts';
import { RunTimes } from '../../scheduler/figures/run-times.ts';
import type { Job } from '../../scheduler/job/job.ts';
import { Task } from '../../tasks/task.ts';
import type { LifeSign } from './transport.ts';

/** Batches in Redis per thread: one runs, one is on its way, one waits. */
const batchesPerThread = 3;
const maxJobsPerBatch = 1024;
/** Most bytes of arguments in a batch of several jobs. */
const maxBytesPerBatch = 1024 * 1024;

/** The batches that Redis and the hosts hold. */
export interface InFlight {
  readonly batches: number;
  /** Number of their unanswered jobs. */
  readonly jobs: number;
  /** Threads of the hosts. */
  readonly threads: number;
}

/** The unsent jobs; decides which of them make the next batch. */
export class Outbox {
  readonly queue: PendingQueue = new PendingQueue();
  readonly #runTimes = new RunTimes();
  readonly #batchMs: number;

  /** @param batchMs expected run time of one batch, in milliseconds. */
  constructor(batchMs: number) {
    this.#batchMs = batchMs;
  }

  learn({ task }: Job, ranMs: number): void {
    this.#runTimes.learn(Task.targetOf(task), ranMs);
  }

  estimate({ task }: Job): number | undefined {
    return this.#runTimes.estimate(Task.targetOf(task));
  }

  /** The number of these jobs, and their expected run time in milliseconds; undefined if that of any job is unknown. */
  backlogOf(jobs: readonly Job[]): Omit<LifeSign, 'name'> {
    let ms = 0;
    for (const job of jobs) ms += this.estimate(job) ?? NaN;
    return { pending: jobs.length, backlogMs: Number.isNaN(ms) ? undefined : Math.round(ms) };
  }

  /** Number of batches that may be sent now: for long or unknown run times, no more than hosts can begin soon. */
  room({ batches, threads }: InFlight): number {
    const job = this.queue.peek();
    if (threads === 0 || job === null) return 0;
    const isSlow = (this.estimate(job) ?? Infinity) > this.#batchMs;
    return (isSlow ? threads + 1 : batchesPerThread * threads) - batches;
  }

  /** The jobs of the next batch. */
  next(inFlight: InFlight): Job[] {
    const { jobs, threads } = inFlight;
    const share = fairShare({
      queued: this.queue.size,
      unanswered: this.queue.size + jobs,
      workers: threads,
      batchesInFlight: batchesPerThread,
      takers: Math.min(threads, this.room(inFlight)),
    });
    const limits = {
      budgetMs: this.#batchMs,
      maxJobs: Math.min(maxJobsPerBatch, share),
      maxBytes: maxBytesPerBatch,
      mayMove: true,
    };
    return fillBatch(this.queue, limits, (job) => this.estimate(job));
  }
}
