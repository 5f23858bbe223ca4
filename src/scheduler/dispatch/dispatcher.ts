import type { Delivery, Failure, WorkerBackend } from './backend.ts';
import { sortOut } from './crash.ts';
import type { ThreadEnd } from './crash.ts';
import { Crew } from './workers.ts';
import type { LaneEvents } from './workers.ts';
import type { Engine, EngineEvents, EngineHost, Slot, StartEngine } from '../engine.ts';
import { Feeder } from './feeder.ts';
import type { Job } from '../job/job.ts';
import type { Lane } from './lane.ts';
import { PendingQueue } from './pending-queue.ts';
import { RunTimes } from '../figures/run-times.ts';
import { Sender } from './batcher.ts';
import { takeBack, takeBackFrom } from './take-back.ts';
import type { Transitions } from '../transitions.ts';

export interface DispatchOptions {
  readonly workers: number;
  readonly maxTasksPerWorker: number;
  readonly maxPendingBytes: number;
}

/** The engine of this process's own workers. */
export function localEngine(backend: WorkerBackend<Job>, options: DispatchOptions): StartEngine {
  return (host) => new Dispatcher(backend, options, host);
}

/**
 * Brings jobs to workers and takes in what comes back. `feeder.ts` decides when a worker gets more, `batcher.ts` what travels
 * together; here is what becomes of it: an answer, a thread that died, a job that waits for jobs of its own.
 */
class Dispatcher implements Engine {
  readonly #transitions: Transitions;
  readonly #events: EngineEvents;
  readonly #crew: Crew;
  readonly #queue = new PendingQueue();
  readonly #runTimes = new RunTimes();
  readonly #sender: Sender;
  readonly #feeder: Feeder;

  constructor(
    backend: WorkerBackend<Job>,
    options: DispatchOptions,
    { transitions, deadlines, events }: EngineHost,
  ) {
    this.#transitions = transitions;
    this.#events = events;
    this.#crew = new Crew(backend, transitions, options.workers, options.maxTasksPerWorker, {
      hear: (lane) => this.#hear(lane),
      opened: () => {
        this.#feeder.feedSoon();
        this.#feeder.topUpSoon();
      },
      full: (lane) => this.#feeder.requeue(takeBackFrom(lane, Infinity, () => true)),
      died: (delivery, end, next) => this.#died(delivery, end, next),
      bootFailed: (error) => events.bootFailed(error),
    });
    const parts = { queue: this.#queue, crew: this.#crew, runTimes: this.#runTimes };
    this.#sender = new Sender({
      ...parts,
      maxPendingBytes: options.maxPendingBytes,
      unsendable: (lane, delivery, error) => {
        for (const job of delivery.jobs) if (job.delivery === delivery) job.moved = false;
        this.#unread(lane, delivery, error);
      },
    });
    this.#feeder = new Feeder({
      ...parts,
      transitions,
      sender: this.#sender,
      deadlines,
    });
  }

  get slots(): readonly Slot[] {
    return this.#crew.lanes;
  }

  ready(): Promise<void> {
    return this.#crew.ready();
  }

  close(error: unknown): Promise<void> {
    return this.#crew.close(error);
  }

  kill(): void {
    this.#crew.kill();
  }

  enqueue(job: Job): void {
    this.#feeder.enqueue(job);
  }

  withdraw(job: Job): boolean {
    return this.#feeder.withdraw(job);
  }

  askToStop({ delivery, position }: Job, reason: unknown): boolean {
    return delivery?.askToStop(position, reason) === true;
  }

  tellToStop({ delivery, position }: Job): void {
    if (delivery !== null) this.#transitions.tell({ tell: () => delivery.tellToStop(position) });
  }

  /**
   * What stands behind it is taken back first: the job may end at this very moment, and then the worker must not be ended under
   * the next one.
   */
  endWorkerOf({ delivery, position }: Job, force: boolean): boolean {
    if (delivery === null) return true;
    const lane = this.#crew.lanes.find(
      ({ deliveries, parked }) => deliveries.includes(delivery) || parked.has(delivery),
    );
    if (lane === undefined) return true;
    const waits = !delivery.hasWorker || delivery.claim(position) === 'moved';
    if (waits && lane.atWork !== undefined) return false;
    this.#feeder.requeue(takeBackFrom(lane, Infinity, () => true));
    const { atWork } = lane;
    if (atWork !== undefined && atWork !== delivery) return !waits;
    if (atWork === undefined && !force) return false;
    this.#crew.end(lane);
    return true;
  }

  jobs(): Job[] {
    const deliveries = this.#crew.lanes.flatMap((lane) => [...lane.deliveries, ...lane.parked]);
    const sent = deliveries.flatMap((delivery) => delivery.jobs.filter((job) => job.delivery === delivery));
    return [...this.#queue, ...sent];
  }

  #hear(lane: Lane): LaneEvents {
    const within = (change: () => void) => this.#transitions.run(change);
    return {
      began: ({ jobs: [job] }) => {
        if (job !== undefined) within(() => this.#events.began(job));
      },
      answered: (delivery, values, failures, last) => {
        this.#transitions.begin();
        try {
          this.#answered(lane, delivery, values, failures, last);
        } finally {
          this.#transitions.end();
        }
      },
      unread: (delivery, reason) => within(() => this.#unread(lane, delivery, reason)),
      reported: (delivery, position, value) => delivery.jobs[position]?.report(value),
      handedBack: (delivery, position, args, transfer) => delivery.jobs[position]?.handBack(args, transfer),
      called: ({ jobs }, position, task, options, call) =>
        this.#events.called(jobs[position] as Job, task, options, call),
      parked: (delivery, position, parked) => {
        const job = delivery.jobs[position] as Job;
        job.delivery = parked;
        job.position = 0;
        this.#crew.parked(lane, parked);
      },
      waits: (parked, seen) => within(() => this.#waits(lane, parked, seen)),
    };
  }

  /**
   * A worker could not read what it had been sent, or it could not be sent. Whatever had moved is lost; of several jobs it is
   * not known whose arguments they are, and each goes on by itself.
   */
  #unread(lane: Lane, delivery: Delivery<Job>, reason: unknown): void {
    const jobs = delivery.jobs.filter((job) => job.delivery === delivery && takeBack(job));
    this.#crew.finished(lane, delivery);
    lane.worker?.release(delivery);
    const isLost = ({ moved }: Job) => delivery.jobs.length === 1 || moved;
    const others = jobs.filter((job) => !isLost(job));
    for (const job of others) job.alone = true;
    this.#feeder.requeue(others);
    for (const job of jobs.filter(isLost)) this.#finish(job, 'rejected', reason);
    this.#feeder.topUpSoon();
  }

  #answered(
    lane: Lane,
    delivery: Delivery<Job>,
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
      lane.lastTask = delivery.jobs.at(-1)?.label;
      this.#crew.finished(lane, delivery);
      if (!waited) this.#sender.tellNext(lane);
      this.#feeder.refill(lane);
    }
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
    // Not before all times have been read: the next delivery in its room has times of its own.
    if (last) lane.worker?.release(delivery);
    this.#feeder.feedSoon();
    if (last && (!this.#crew.allIdle || this.#queue.size > 0)) this.#feeder.topUpSoon();
  }

  #died(delivery: Delivery<Job>, end: ThreadEnd, next: Job | undefined): boolean {
    const { lost, returned } = sortOut(delivery, end, next);
    for (const job of returned) {
      job.delivery = null;
      this.#events.restarts(job);
    }
    this.#feeder.requeue(returned);
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

  /** A job waits for jobs of its own: its worker is free meanwhile. */
  #waits(lane: Lane, parked: Delivery<Job>, seen: number): void {
    const job = parked.jobs[0] as Job;
    const suspended = () => {
      this.#crew.suspended(lane, parked);
      this.#events.waits(job);
    };
    job.nest?.waits(seen, suspended, () => this.#crew.resumed(lane, parked));
    this.#feeder.topUpSoon();
  }
}
