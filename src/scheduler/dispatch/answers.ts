import type { Batch, Failure, WaitsFor } from './backend.ts';
import { sortOut } from './workers/crash.ts';
import type { ThreadEnd } from './workers/crash.ts';
import { batchAnswers, publishAnswer } from './batch-diagnostics.ts';
import type { Batcher } from './batcher.ts';
import type { EnoughAwake } from './workers/enough-awake.ts';
import type { EngineEvents } from '../engine.ts';
import type { ExecutorIdentity } from '../executor-id.ts';
import type { Feeder } from './feeder.ts';
import type { Job } from '../job/job.ts';
import type { Lane } from './workers/lane.ts';
import type { Losses } from './workers/worker-diagnostics.ts';
import type { LaneEvents } from './workers/turnover.ts';
import type { PendingQueue } from './pending-queue.ts';
import type { RunTimes } from '../figures/run-times.ts';
import { takeBack } from './take-back.ts';
import { Task } from '../../tasks/task.ts';
import type { Transitions } from '../transitions.ts';
import type { Workers } from './workers/workers.ts';

export interface AnswersParts {
  readonly transitions: Transitions;
  readonly events: EngineEvents;
  readonly identity: ExecutorIdentity;
  readonly queue: PendingQueue;
  readonly runTimes: RunTimes;
  /** Null where there are no more workers than cores. */
  readonly enough: EnoughAwake | null;
  readonly workers: Workers;
  readonly batcher: Batcher;
  readonly feeder: Feeder;
}

/**
 * Handles the events of workers: an answer has arrived, a batch could not be read, a thread has died, a job waits. An event that
 * settles jobs or frees a worker is a transition, in which the worker is fed before user code hears of anything.
 */
export class Answers {
  readonly #parts: AnswersParts;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
  }

  /** The handlers for the events of a lane's worker. */
  hear(lane: Lane): LaneEvents {
    const within = (change: () => void) => this.#parts.transitions.run(change);
    return {
      began: ({ jobs: [job] }) => {
        if (job !== undefined) within(() => this.#parts.events.began(job));
      },
      answered: (batch, values, failures, last) => {
        // A subscriber may do anything. The books are in order: to them the answer is still on its way.
        if (batchAnswers.hasSubscribers)
          publishAnswer(this.#parts.identity, lane, batch, values.length, failures, last);
        this.#parts.transitions.begin();
        try {
          this.#answered(lane, batch, values, failures, last);
        } finally {
          this.#parts.transitions.end();
        }
      },
      unread: (batch, reason) => within(() => this.unread(lane, batch, reason)),
      reported: (batch, position, value) => batch.jobs[position]?.report(value),
      handedBack: (batch, position, args, transfer) => batch.jobs[position]?.handBack(args, transfer),
      called: ({ jobs }, position, task, options, call) =>
        this.#parts.events.called(jobs[position] as Job, task, options, call),
      parked: (batch, position, parked) => {
        const job = batch.jobs[position] as Job;
        batch.someLeft = true;
        job.batch = parked;
        job.position = 0;
        this.#parts.workers.parked(lane, parked);
      },
      waits: (parked, seen, waitsFor) => within(() => this.#waits(lane, parked, seen, waitsFor)),
      opened: ({ jobs: [job] }, source, feed) =>
        job?.sources?.opened(source, feed, (news) => job.tellWorker(news)),
      leftSource: ({ jobs: [job] }, source) => job?.sources?.left(source),
      yielded: ({ jobs: [job] }, items) => {
        if (job?.done === false) job.flow?.arrived(items);
      },
    };
  }

  /**
   * A worker could not read a batch, or the batch could not be sent. A job whose objects had moved is lost, and so is the only job of a
   * batch. Of several jobs it is unknown whose arguments were at fault: each travels alone from now on.
   */
  unread(lane: Lane, batch: Batch<Job>, reason: unknown): void {
    const jobs = batch.jobs.filter((job) => job.batch === batch && takeBack(job));
    this.#parts.workers.finished(lane, batch);
    lane.worker?.release(batch);
    const isLost = ({ moved }: Job) => batch.jobs.length === 1 || moved;
    const others = jobs.filter((job) => !isLost(job));
    for (const job of others) job.alone = true;
    this.#parts.feeder.requeue(others);
    for (const job of jobs.filter(isLost)) this.#finish(job, 'rejected', reason);
    this.#parts.feeder.topUpSoon();
  }

  #answered(
    lane: Lane,
    batch: Batch<Job>,
    values: readonly unknown[],
    failures: readonly Failure[],
    last: boolean,
  ): void {
    const { workers, feeder, batcher, queue, runTimes, enough } = this.#parts;
    const from = batch.answered;
    batch.answered += values.length;
    const waited = lane.parked.has(batch);
    // The end of its child jobs must not make the job return.
    if (waited) batch.jobs[0]?.asParent?.left();
    if (last) {
      lane.lastTask = batch.jobs.at(-1)?.label;
      workers.finished(lane, batch);
    }
    // The worker comes first, user code after it: the worker may have run dry. Sending runs getters, for which what has just been
    // answered is still on its way; that must hold a place, and a job that waited may hold none.
    if (last && !waited) {
      batcher.tellNext(lane);
      feeder.refill(lane);
    }
    let failed = 0;
    for (let index = 0; index < values.length; index++) {
      const position = from + index;
      const job = batch.jobs[position] as Job;
      const failure = failures[failed]?.[0] === position ? failures[failed++] : undefined;
      if (job.batch !== batch) continue;
      const startedAt = batch.startedAt(position);
      const endedAt = batch.endedAt(position);
      // While the job waited, other jobs ran: its times are no run time.
      const ranMs = waited ? undefined : endedAt - startedAt;
      if (ranMs !== undefined) {
        const target = Task.targetOf(job.task);
        runTimes.learn(target, ranMs);
        enough?.typicalTimes.learn(target, ranMs);
      }
      if (!job.done) {
        job.startedAt = startedAt;
        job.endedAt = endedAt;
      }
      if (failure === undefined) this.#finish(job, 'fulfilled', values[index], ranMs);
      else this.#finish(job, 'rejected', failure[1], ranMs);
    }
    // Only after all times have been read: the next batch in this room overwrites them.
    if (last) lane.worker?.release(batch);
    feeder.feedSoon();
    if (last && (!workers.allIdle || queue.size > 0)) feeder.topUpSoon();
  }

  /** A thread has ended with this batch in hand; `next` is the job that it would have begun. */
  died(batch: Batch<Job>, end: ThreadEnd, next: Job | undefined): Losses {
    // A job that has yielded is not repeated: its reader may have acted on the items. Nor is a job that has read: items come only once.
    for (const job of batch.jobs)
      if (job.flow?.hasYielded === true || job.sources?.pulled === true) job.retriesLeft = 0;
    const { lost, returned } = sortOut(batch, end, next);
    const over = lost.filter(({ job }) => job.done).length;
    for (const job of returned) {
      job.batch = null;
      this.#parts.events.restarts(job);
    }
    this.#parts.feeder.requeue(returned);
    // If the job travels alone next time, it shows whether it was to blame.
    if (next !== undefined && returned.includes(next)) next.alone = true;
    for (const { job, error } of lost) this.#finish(job, 'rejected', error, undefined, 'crashed');
    return { lost: lost.length - over, over, returned: returned.length };
  }

  /** @param ranMs undefined if the job did not end by itself, or had waited. */
  #finish(job: Job, status: 'fulfilled' | 'rejected', value: unknown, ranMs?: number, why?: 'crashed'): void {
    job.asParent?.left();
    if (!job.done) this.#parts.events.settle(job, status, value, why);
    job.batch = null;
    this.#parts.events.left(job, ranMs);
  }

  /** A job waits for child jobs, its reader or items: its worker is free meanwhile. */
  #waits(lane: Lane, parked: Batch<Job>, seen: number, waitsFor: WaitsFor): void {
    const reader = waitsFor === 'reader';
    const job = parked.jobs[0] as Job;
    // The job has been told to stop, and is about to hear of it.
    if (reader && job.done) return;
    const suspended = () => {
      this.#parts.workers.suspended(lane, parked);
      this.#parts.events.waits(job);
      if (reader) lane.worker?.keepAlive(parked, false);
    };
    const resumed = () => {
      this.#parts.workers.resumed(lane, parked);
      if (!reader) return;
      lane.worker?.keepAlive(parked, true);
      job.watchdog?.resumed();
    };
    job.asParent?.waits(seen, waitsFor, suspended, resumed);
    this.#parts.feeder.topUpSoon();
  }
}
