import type { BootTime } from '../../figures/boot-time.ts';
import type { Job } from '../../job/job.ts';
import type { Transitions } from '../../transitions.ts';
import type { Batch, SendOptions, Worker, WorkerBackend } from '../backend.ts';
import type { EnoughAwake } from './enough-awake.ts';
import type { IdleLanes } from './idle-lanes.ts';
import type { Lane } from './lane.ts';
import type { Places } from './places.ts';
import { Turnover } from './turnover.ts';
import type { TurnoverEvents, TurnoverOptions } from './turnover.ts';

/** The workers, their batches, and which of them are idle. `Turnover` starts and ends them. */
export class Workers {
  readonly #turnover: Turnover;
  readonly #places: Places;
  readonly #idle: IdleLanes;
  /** Null where there are no more workers than cores. */
  readonly #enough: EnoughAwake | null;

  constructor(
    backend: WorkerBackend<Job>,
    transitions: Transitions,
    options: TurnoverOptions,
    enough: EnoughAwake | null,
    events: TurnoverEvents,
  ) {
    this.#turnover = new Turnover(backend, transitions, options, enough, events);
    this.#enough = enough;
    this.#places = this.#turnover.places;
    this.#idle = this.#turnover.idle;
  }

  /** Starts `minWorkers` workers. Call it when every receiver of their events exists. */
  start(): void {
    this.#turnover.start();
  }

  get lanes(): readonly Lane[] {
    return this.#places.lanes;
  }

  get bootTime(): BootTime {
    return this.#places.bootTime;
  }

  /** The idle lane to feed next. */
  get idle(): Lane | undefined {
    const lane = this.#idle.next;
    return lane === undefined || this.isSpared(lane) ? undefined : lane;
  }

  /**
   * Must this lane get no jobs, because a crash would take a waiting job with it? True if a job waits in the lane, or may be about to,
   * while another worker can come.
   */
  isSpared(lane: Lane): boolean {
    if (!this.#places.moreMayCome) return false;
    return lane.holdsWaiting || (lane.runningJob?.asParent ?? null) !== null;
  }

  /** Is the next idle worker spared? */
  get spares(): boolean {
    const lane = this.#idle.next;
    return lane !== undefined && this.isSpared(lane);
  }

  /** Has every worker nothing to do? */
  get allIdle(): boolean {
    return this.#idle.count === this.#places.started;
  }

  /** Workers that are up or starting; one that is replaced counts with its successor. */
  get started(): number {
    return this.#places.started;
  }

  /** Workers that may be started in addition. */
  get startable(): number {
    return this.#places.startable;
  }

  /** Starts workers until this many are up, then resolves; rejects if a worker can't be started. */
  ready(workers: number): Promise<void> {
    return this.#places.ready(workers);
  }

  /** Starts workers because work waits. */
  startMore(count: number): void {
    this.#turnover.startMore(count);
  }

  /** Tries again at places where starting a worker was given up. */
  revive(): void {
    this.#places.revive();
  }

  /** Gives a lane a batch, which the caller then sends. `brief`: the worker is expected to be through with it soon. */
  deliver(lane: Lane, jobs: readonly Job[], brief: boolean): Batch<Job> {
    const batch = workerOf(lane).deliver(jobs);
    batch.place = lane.index;
    batch.brief = brief;
    lane.batches.push(batch);
    this.#idle.remove(lane);
    this.#enough?.changed(lane);
    return batch;
  }

  /** @throws what `Worker.send` throws. */
  send(lane: Lane, batch: Batch<Job>, options: SendOptions): void {
    workerOf(lane).send(batch, options);
    lane.tasksLeft -= batch.jobs.length;
    if (lane.tasksLeft === 0) this.#turnover.exhausted(lane);
  }

  /** The worker is through with a batch, or never got it. */
  finished(lane: Lane, batch: Batch<Job>): void {
    if (lane.parked.delete(batch)) {
      lane.resumed.delete(batch);
      this.#turnover.nowIdle(lane);
    } else lane.batches.splice(lane.batches.indexOf(batch), 1);
    lane.stalledLooks = 0;
    this.#enough?.changed(lane);
    this.#turnover.maybeFree(lane);
  }

  /** A job that the worker runs has left its batch for this one of its own. */
  parked(lane: Lane, parked: Batch<Job>): void {
    parked.place = lane.index;
    lane.parked.add(parked);
    lane.resumed.add(parked);
    this.#enough?.changed(lane);
  }

  /** The job of a parked batch waits, and leaves the worker free. */
  suspended(lane: Lane, parked: Batch<Job>): void {
    lane.resumed.delete(parked);
    this.#enough?.changed(lane);
    this.#turnover.maybeFree(lane);
  }

  /** The job of a parked batch goes on. */
  resumed(lane: Lane, parked: Batch<Job>): void {
    // The thread has just ended; a place that another job of the thread gave back let this job resume.
    if (lane.state === 'ended') return;
    lane.resumed.add(parked);
    this.#enough?.changed(lane);
    this.#idle.remove(lane);
  }

  /** Ends a worker, whatever it does; another worker takes its place. */
  end(lane: Lane): void {
    lane.endsFor ??= 'interrupted';
    lane.worker?.terminate();
  }

  /** Lets all workers clean up and ends them for good; see `Places.close`. */
  close(error: unknown): Promise<void> {
    return this.#turnover.close(error);
  }

  /** Ends all workers at once, also those that are cleaning up. */
  kill(): void {
    this.#places.kill();
  }
}

function workerOf({ worker, index }: Lane): Worker<Job> {
  if (worker === null) throw new Error(`internal: lane ${index} has no worker`);
  return worker;
}
