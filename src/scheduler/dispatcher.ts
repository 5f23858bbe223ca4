import { fairShare, fillBatch } from './batching.ts';
import type { Delivery, Failure, WorkerBackend, WorkerEvents } from './backend.ts';
import { sortOut } from './crash.ts';
import type { ThreadEnd } from './crash.ts';
import { Crew } from './crew.ts';
import { taskChannels } from './diagnostics.ts';
import type { Job } from './job.ts';
import type { Lane } from './lane.ts';
import { isBefore, PendingQueue } from './pending-queue.ts';
import type { Urgency } from './pending-queue.ts';
import { RunTimes } from './run-times.ts';
import { byBacklog, takeBack, takeBackFrom } from './take-back.ts';

/** What the dispatcher reports; each call is synchronous and comes after its own books are in order. */
export interface DispatchEvents {
  /** Something is going to be sent: what has expired must be withdrawn now. */
  sending(): void;
  /** A job that travels alone is the next that its worker runs. */
  next(job: Job): void;
  /** A worker has claimed the job. Told only of one with so many bytes that it matters. */
  began(job: Job): void;
  /** It has ended by itself. Not called for one that was cancelled while it ran. */
  settle(job: Job, status: 'fulfilled' | 'rejected', value: unknown): void;
  /** Its worker is free of it. Called once for each job that was enqueued, unless it was withdrawn. */
  left(job: Job, ranMs: number | undefined): void;
  /** A job waits for jobs of its own, and its place is about to go to others. */
  waits(job: Job): void;
  /** A job will be run again from its beginning. */
  restarts(job: Job): void;
  /** A running job submits a task. */
  called: WorkerEvents['called'];
  /** No worker can be started: everything that waits must be told. */
  bootFailed(error: unknown): void;
}

export interface DispatchOptions {
  readonly workers: number;
  readonly maxTasksPerWorker: number;
  readonly maxPendingBytes: number;
}

/**
 * A job with more than this share of the byte bound tells when it begins (a message of its own), and its bytes are given
 * back then; those of smaller ones are counted until they are answered.
 */
const announceShare = 1 / 4096;
/**
 * Expected run time of one delivery: long enough to make a message's cost small, short enough to stay agile. With 2 instead
 * of 1 (and `maxDelayMs` in the worker) tasks of 50, 100 and 500 µs went from 86, 90 and 91 to 90, 93 and 96 % of the ideal.
 */
const budgetMs = 2;
/** A delivery's largest number of jobs, what the claim words are made for. */
const maxJobsPerDelivery = 256;
/** Bytes of arguments in one delivery of several jobs: larger tasks travel alone, and begin at once. */
const maxBytesPerDelivery = 256 * 1024;
/** One delivery running and one on its way: the hand-over costs no time. */
const depth = 2;
/**
 * But behind a job that takes longer than this nothing is on its way, or it might begin after jobs that came later: the
 * hand-over is less than a hundredth of the run. At half the capacity of two workers, jobs of 90 ms, the 99th percentile of the
 * latency fell from 364 to 203 ms.
 */
const maxAheadMs = 10;

/**
 * Decides which job goes to which worker, and when.
 *
 * - A worker that has nothing is fed at once. One that has something is topped up when the event loop comes round
 *   (`setImmediate`), so that everything submitted until then can travel in one delivery.
 * - A delivery holds what fits into a run-time budget, and no more than the worker's fair share of what is pending.
 * - What is on its way can be taken back: for a more urgent job, for a free worker, for a cancellation.
 */
export class Dispatcher {
  readonly #events: DispatchEvents;
  readonly #crew: Crew;
  readonly #queue = new PendingQueue();
  readonly #runTimes = new RunTimes();
  /** The least urgent of what was sent, an under-estimate: a more urgent job may have to overtake it. */
  #lowestSent: Urgency = { priority: Infinity, depth: 0 };
  readonly #announceBytes: number;
  #settling = false;
  #topUpDue = false;

  constructor(backend: WorkerBackend, options: DispatchOptions, events: DispatchEvents) {
    this.#events = events;
    this.#announceBytes = options.maxPendingBytes * announceShare;
    this.#crew = new Crew(backend, options.workers, options.maxTasksPerWorker, {
      opened: () => {
        this.#feedIdle();
        this.#topUpSoon();
      },
      began: ({ jobs: [job] }) => {
        if (job !== undefined) events.began(job);
      },
      unread: (lane, delivery, reason) => this.#unread(lane, delivery, reason),
      answered: (lane, delivery, values, failures, last) =>
        this.#answered(lane, delivery, values, failures, last),
      called: (parent, task, options, call) => events.called(parent, task, options, call),
      parked: (lane, delivery, position, parked) => {
        const job = delivery.jobs[position] as Job;
        job.delivery = parked;
        job.position = 0;
        this.#crew.parked(lane, parked);
      },
      waits: (lane, parked, seen) => this.#waits(lane, parked, seen),
      died: (delivery, end, next) => this.#died(delivery, end, next),
      bootFailed: (error) => events.bootFailed(error),
    });
  }

  get crew(): Crew {
    return this.#crew;
  }

  enqueue(job: Job): void {
    job.transitionTo('queued');
    this.#queue.push(job);
    if (isBefore(job, this.#lowestSent)) this.#recallBelow(job);
    if (this.#crew.idle === undefined || this.#settling) this.#topUpSoon();
    else this.#feedIdle();
    this.#crew.revive();
  }

  /** Takes out a job that no worker has claimed. False: it is running, or has run. */
  withdraw(job: Job): boolean {
    if (job.status === 'queued') {
      this.#queue.remove(job);
      return true;
    }
    if (!takeBack(job)) return false;
    // Its worker may have nothing else to do now, but learns of it only when it comes by.
    this.#topUpSoon();
    return true;
  }

  /**
   * Ends the thread that runs this job, which has settled and travels alone. What stands behind it is taken back first: the job
   * may end at this very moment, and then the thread must not be ended under the next one.
   *
   * @param force also if nothing seems to run: the job has ended and only its result is missing, or it waits for jobs of its own,
   *   and goes on all the same.
   * @returns false if that is so, or if it waits while others have the thread: ask again a little later, by force.
   */
  endThreadOf({ delivery }: Job, force: boolean): boolean {
    if (delivery === null) return true;
    const lane = this.#crew.lanes.find(
      ({ deliveries, parked }) => deliveries.includes(delivery) || parked.has(delivery),
    );
    if (lane === undefined) return true;
    const waits = !delivery.hasThread;
    if (waits && lane.atWork !== undefined) return false;
    this.#requeue(takeBackFrom(lane, Infinity, () => true));
    const { atWork } = lane;
    if (atWork !== undefined && atWork !== delivery) return !waits;
    if (atWork === undefined && !force) return false;
    this.#crew.end(lane);
    return true;
  }

  /** Every job that is queued or sent, in no particular order. */
  jobs(): Job[] {
    const deliveries = this.#crew.lanes.flatMap((lane) => [...lane.deliveries, ...lane.parked]);
    const sent = deliveries.flatMap((delivery) => delivery.jobs.filter((job) => job.delivery === delivery));
    return [...this.#queue, ...sent];
  }

  #topUpSoon(): void {
    if (this.#topUpDue) return;
    this.#topUpDue = true;
    setImmediate(() => {
      this.#topUpDue = false;
      this.#feedIdle();
      this.#topUp();
      if (this.#queue.size === 0 && this.#crew.idle !== undefined && !this.#crew.allIdle) this.#steal();
    });
  }

  #feedIdle(): void {
    if (this.#crew.idle !== undefined) this.#dropExpired();
    for (let lane = this.#crew.idle; lane !== undefined && this.#queue.size > 0; lane = this.#crew.idle) {
      if (!this.#send(lane)) return;
    }
  }

  /** A task whose time is up must not reach a worker, also when the timer is late. */
  #dropExpired(): void {
    if (this.#queue.size === 0) return;
    const settling = this.#settling;
    this.#settling = true;
    this.#events.sending();
    this.#settling = settling;
  }

  #topUp(): void {
    this.#dropExpired();
    for (const lane of this.#crew.lanes) {
      while (this.#queue.size > 0 && this.#canTake(lane) && this.#send(lane));
    }
  }

  /** Nothing follows what is known to take long: it would stand behind it while another worker became free. */
  #canTake(lane: Lane): boolean {
    if (!lane.canTake(depth)) return false;
    const job = lane.deliveries[0]?.jobs[0];
    return job === undefined || (this.#runTimes.estimate(job.task.target) ?? 0) <= maxAheadMs;
  }

  /** False if nothing was sent. */
  #send(lane: Lane): boolean {
    const limits = {
      mayMove: lane.deliveries.every(({ brief }) => brief),
      budgetMs,
      maxBytes: maxBytesPerDelivery,
      maxJobs: Math.min(
        maxJobsPerDelivery,
        // One that retires, and takes more for the sake of what waits there, takes one at a time.
        Math.max(1, lane.tasksLeft),
        fairShare(this.#queue.size, this.#crew.lanes.length),
      ),
    };
    const jobs = fillBatch(this.#queue, limits, (job) => this.#runTimes.estimate(job.task.target));
    if (jobs.length === 0) return false;
    const alone = jobs.length === 1 ? (jobs[0] as Job) : undefined;
    const uneven = jobs.some(({ task }) => this.#runTimes.isUneven(task.target));
    let delivery: Delivery;
    try {
      const heard = taskChannels.start.hasSubscribers;
      const announce = alone !== undefined && (heard || alone.bytes > this.#announceBytes);
      delivery = this.#crew.send(lane, jobs, { announce, eager: uneven });
    } catch (error) {
      this.#unsendable(jobs, error);
      return true;
    }
    delivery.brief = !uneven && (alone === undefined || this.#isBrief(alone));
    for (let position = 0; position < jobs.length; position++) {
      const job = jobs[position] as Job;
      // Cancelled meanwhile: cloning an argument may run a getter, and that anything.
      if (job.done) {
        if (delivery.takeBack(position)) delivery.taken++;
        continue;
      }
      job.transitionTo('sent');
      job.delivery = delivery;
      job.position = position;
      job.moved = job.transfer !== undefined;
      // Not the job itself, which would be kept alive.
      const { priority, depth } = job;
      if (isBefore(this.#lowestSent, job)) this.#lowestSent = { priority, depth };
    }
    if (lane.deliveries.length === 1) this.#tellNext(lane);
    return true;
  }

  /** Is it known to end soon, and its thread not to be ended by force? What moves may follow only such a delivery. */
  #isBrief(job: Job): boolean {
    return !job.travelsAlone && (this.#runTimes.estimate(job.task.target) ?? Infinity) <= budgetMs;
  }

  #tellNext(lane: Lane): void {
    const delivery = lane.deliveries[0];
    const [job] = delivery?.jobs ?? [];
    if (delivery?.jobs.length === 1 && job?.delivery === delivery) this.#events.next(job);
  }

  /** An argument can't be cloned. Of several jobs nobody knows which one's: each goes on by itself. */
  #unsendable(jobs: readonly Job[], error: unknown): void {
    for (const job of jobs.toReversed()) {
      // Cancelled meanwhile, by a getter of its own.
      if (job.done) continue;
      if (jobs.length === 1) this.#finish(job, 'rejected', error);
      else {
        job.alone = true;
        this.#queue.unshift(job);
      }
    }
  }

  /** A worker could not read what it had been sent. Whatever had moved is lost. */
  #unread(lane: Lane, delivery: Delivery, reason: unknown): void {
    const jobs = delivery.jobs.filter((job) => job.delivery === delivery && takeBack(job));
    this.#crew.finished(lane, delivery);
    const isLost = ({ moved }: Job) => delivery.jobs.length === 1 || moved;
    const others = jobs.filter((job) => !isLost(job));
    for (const job of others) job.alone = true;
    this.#requeue(others);
    for (const job of jobs.filter(isLost)) this.#finish(job, 'rejected', reason);
    this.#topUpSoon();
  }

  #answered(
    lane: Lane,
    delivery: Delivery,
    values: readonly unknown[],
    failures: readonly Failure[],
    last: boolean,
  ): void {
    const from = delivery.answered;
    delivery.answered += values.length;
    const waited = lane.parked.has(delivery);
    // Whatever becomes of its jobs from here on must not bring it back.
    if (waited) delivery.jobs[0]?.nest?.left();
    // The worker first, our own users after it: it may have run dry.
    if (last) {
      this.#crew.finished(lane, delivery);
      if (!waited) this.#tellNext(lane);
      this.#dropExpired();
      if (this.#queue.size > 0 && this.#canTake(lane)) this.#send(lane);
    }
    this.#settling = true;
    let failed = 0;
    for (let index = 0; index < values.length; index++) {
      const position = from + index;
      const job = delivery.jobs[position] as Job;
      const failure = failures[failed]?.[0] === position ? failures[failed++] : undefined;
      if (job.delivery !== delivery) continue;
      const startedAt = delivery.startedAt(position);
      const endedAt = delivery.endedAt(position);
      // While it waited, others ran.
      const ranMs = waited ? undefined : endedAt - startedAt;
      if (ranMs !== undefined) this.#runTimes.learn(job.task.target, ranMs);
      if (!job.done) {
        job.startedAt = startedAt;
        job.endedAt = endedAt;
      }
      if (failure === undefined) this.#finish(job, 'fulfilled', values[index], ranMs);
      else this.#finish(job, 'rejected', failure[1], ranMs);
    }
    this.#settling = false;
    this.#feedIdle();
    if (last && !this.#crew.allIdle) this.#topUpSoon();
  }

  #died(delivery: Delivery, end: ThreadEnd, next: Job | undefined): boolean {
    const { lost, returned } = sortOut(delivery, end, next);
    for (const job of returned) {
      job.delivery = null;
      this.#events.restarts(job);
    }
    this.#requeue(returned);
    // Whether it was to blame shows when nobody else travels with it.
    if (next !== undefined && returned.includes(next)) next.alone = true;
    for (const { job, error } of lost) this.#finish(job, 'rejected', error);
    return lost.length > 0;
  }

  /** @param ranMs undefined for one that did not end by itself. */
  #finish(job: Job, status: 'fulfilled' | 'rejected', value: unknown, ranMs?: number): void {
    job.nest?.left();
    if (!job.done) this.#events.settle(job, status, value);
    job.delivery = null;
    this.#events.left(job, ranMs);
  }

  /** Jobs that were on their way, in the order in which they had been sent: they go before later ones. */
  #requeue(jobs: readonly Job[]): void {
    for (const job of jobs.toReversed()) {
      job.transitionTo('queued');
      this.#queue.unshift(job);
    }
    if (jobs.length > 0) this.#topUpSoon();
  }

  #recallBelow({ priority, depth }: Urgency): void {
    const urgency = { priority, depth };
    const recalled = this.#crew.lanes.flatMap((lane) =>
      takeBackFrom(lane, Infinity, (job) => isBefore(urgency, job)),
    );
    this.#requeue(recalled.toSorted((a, b) => a.id - b.id));
    this.#lowestSent = urgency;
  }

  /** A job waits for jobs of its own: its worker is free meanwhile. */
  #waits(lane: Lane, parked: Delivery, seen: number): void {
    const job = parked.jobs[0] as Job;
    const suspended = () => {
      this.#crew.suspended(lane, parked);
      this.#events.waits(job);
    };
    job.nest?.waits(seen, suspended, () => this.#crew.resumed(lane, parked));
    this.#topUpSoon();
  }

  /** A worker is free and nothing is queued: what another one has not begun is shared with it. */
  #steal(): void {
    for (const victim of byBacklog(this.#crew.lanes)) {
      const half = Math.ceil(victim.backlog / 2);
      const taken = takeBackFrom(victim, half, () => true);
      if (taken.length === 0) continue;
      this.#requeue(taken);
      this.#feedIdle();
      return;
    }
  }
}
