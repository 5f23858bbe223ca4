import { Answers } from './answers.ts';
import type { WorkerBackend } from './backend.ts';
import { Workers } from './workers/workers.ts';
import type { ExecutorIdentity } from '../executor-id.ts';
import type { Engine, EngineHost, Slot, StartEngine } from '../engine.ts';
import { Feeder } from './feeder.ts';
import { EnoughAwake } from './workers/enough-awake.ts';
import { Growth } from './growth/growth.ts';
import type { Job } from '../job/job.ts';
import { PendingQueue } from './pending-queue.ts';
import { RunTimes } from '../figures/run-times.ts';
import { Batcher } from './batcher.ts';
import { realLater, Stalls } from './stalls.ts';
import { batchOf, takeBackFrom } from './take-back.ts';
import type { Transitions } from '../transitions.ts';

export interface DispatchOptions extends ExecutorIdentity {
  readonly workers: number;
  /** Threads that can run at the same time. */
  readonly cores: number;
  readonly minWorkers: number;
  readonly idleTimeoutMs: number;
  readonly maxTasksPerWorker: number;
  readonly maxPendingBytes: number;
  /** What `Stalls` waits with; tests give another. */
  readonly later?: (ms: number, call: () => void) => void;
}

/** The engine of this process's own workers. */
export function localEngine(backend: WorkerBackend<Job>, options: DispatchOptions): StartEngine {
  return (host) => new Dispatcher(backend, options, host);
}

/**
 * Brings jobs to workers, and stops them there. `feeder.ts` decides when a worker gets jobs, `batcher.ts` which jobs travel together,
 * and `answers.ts` handles what workers report.
 */
class Dispatcher implements Engine {
  readonly #transitions: Transitions;
  readonly #workers: Workers;
  readonly #queue = new PendingQueue();
  readonly #feeder: Feeder;
  readonly #answers: Answers;

  constructor(
    backend: WorkerBackend<Job>,
    options: DispatchOptions,
    { transitions, deadlines, events }: EngineHost,
  ) {
    this.#transitions = transitions;
    const { batchMs } = backend.limits;
    const { workers, cores } = options;
    const late = () => this.#feeder.topUpSoon();
    const enough = workers > cores ? new EnoughAwake({ cores, queue: this.#queue, batchMs, late }) : null;
    this.#workers = new Workers(backend, transitions, options, enough, {
      hear: (lane) => this.#answers.hear(lane),
      opened: () => {
        this.#feeder.feedSoon();
        this.#feeder.topUpSoon();
      },
      full: (lane) => this.#feeder.requeue(takeBackFrom(lane, Infinity, () => true)),
      died: (batch, end, next) => this.#answers.died(batch, end, next),
      bootFailed: (error) => events.bootFailed(error),
    });
    const parts = { queue: this.#queue, workers: this.#workers, runTimes: new RunTimes(), enough };
    const stalls = new Stalls({
      later: options.later ?? realLater,
      most: options.workers,
      transitions,
      workers: this.#workers,
      requeue: (jobs) => this.#feeder.requeue(jobs),
    });
    const batcher = new Batcher({
      ...parts,
      stalls,
      limits: backend.limits,
      maxPendingBytes: options.maxPendingBytes,
      unsendable: (lane, batch, error) => {
        for (const job of batch.jobs) if (job.batch === batch) job.moved = false;
        this.#answers.unread(lane, batch, error);
      },
    });
    this.#feeder = new Feeder({
      ...parts,
      transitions,
      batcher,
      growth: new Growth({ ...parts, look: () => this.#feeder.topUpSoon() }),
      deadlines,
    });
    this.#answers = new Answers({
      ...parts,
      transitions,
      events,
      identity: options,
      batcher,
      feeder: this.#feeder,
    });
    this.#workers.start();
  }

  get slots(): readonly Slot[] {
    return this.#workers.lanes;
  }

  get queued(): number {
    return this.#queue.size;
  }

  get workers(): number {
    return this.#workers.started;
  }

  ready(workers: number): Promise<void> {
    return this.#transitions.run(() => this.#workers.ready(workers));
  }

  close(error: unknown): Promise<void> {
    return this.#workers.close(error);
  }

  kill(): void {
    this.#workers.kill();
  }

  enqueue(job: Job): void {
    this.#feeder.enqueue(job);
  }

  withdraw(job: Job): boolean {
    return this.#feeder.withdraw(job);
  }

  askToStop(job: Job, reason: unknown): boolean {
    return batchOf(job)?.askToStop(job.position, reason) === true;
  }

  tellToStop(job: Job): void {
    const { position, asParent } = job;
    const batch = batchOf(job);
    if (batch === null) return;
    const news = { tell: () => batch.tellToStop(position) };
    // A generator that waits for its reader goes on to its end.
    if (asParent === null || asParent.flow === null) this.#transitions.tell(news);
    else asParent.proceed(() => this.#transitions.tell(news));
  }

  readOn(job: Job): void {
    batchOf(job)?.readOn?.();
  }

  /**
   * Takes the jobs behind this one back first: this job may end at this very moment, and the worker must not be ended while it runs
   * the next job.
   */
  endWorkerOf(job: Job, force: boolean): boolean {
    const batch = batchOf(job);
    if (batch === null) return true;
    const lane = this.#workers.lanes.find(
      ({ batches, parked }) => batches.includes(batch) || parked.has(batch),
    );
    if (lane === undefined || lane.endsFor === 'interrupted') return true;
    const waits = !batch.hasWorker || batch.claim(job.position) === 'moved';
    // It may be one of very many that are to go on, and its thread about to: to look who has that can wait.
    if (waits && (!force || lane.atWork !== undefined)) return false;
    this.#feeder.requeue(takeBackFrom(lane, Infinity, () => true));
    const { atWork } = lane;
    if (atWork !== undefined && atWork !== batch) return !waits;
    if (atWork === undefined && !force) return false;
    this.#workers.end(lane);
    return true;
  }

  jobs(): Job[] {
    const batches = this.#workers.lanes.flatMap((lane) => [...lane.batches, ...lane.parked]);
    const sent = batches.flatMap((batch) => batch.jobs.filter((job) => job.batch === batch));
    return [...this.#queue, ...sent];
  }
}
