import { WorkerCrashedError } from '../../base/errors.ts';
import { show } from '../../base/options.ts';
import type { Delivery, SendOptions, Worker, WorkerBackend, WorkerEvents } from './backend.ts';
import { nextOf } from './crash.ts';
import type { ThreadEnd } from './crash.ts';
import { IdleLanes } from './idle-lanes.ts';
import type { Job } from '../job/job.ts';
import { Lane } from './lane.ts';
import { StartAttempts } from './start-attempts.ts';
import type { Transitions } from '../transitions.ts';

/** What concerns the deliveries of one lane. */
export type LaneEvents = Omit<WorkerEvents<Job>, 'ready' | 'full' | 'ended'>;

export interface CrewEvents {
  /** Who hears of a new lane's deliveries. */
  hear(lane: Lane): LaneEvents;
  /** A lane can take work. */
  opened(lane: Lane): void;
  /** A lane's worker holds too much memory, and takes no more. */
  full(lane: Lane): void;
  /** A thread ended with this delivery in hand; `next` is the job that it would have begun. True if that cost a job. */
  died(delivery: Delivery<Job>, end: ThreadEnd, next: Job | undefined): boolean;
  /** No worker can be started. */
  bootFailed(error: unknown): void;
}

/**
 * The workers: starts them, replaces those that end, and sorts out what a thread that died left behind.
 *
 * A worker that was running when it died is replaced at once. One that can't even start is tried again after growing
 * pauses; after four failures in a row everything that waits is rejected with the reason, and the next submission
 * begins anew.
 *
 * Each worker has a place. One lane stands in front there, and is the only one that gets tasks. At most one thing is to
 * come after it: a successor that starts or stands by, a pause before the next attempt, or nothing any more (given up). So
 * there are never more lanes in front than workers, and never more tasks run.
 */
export class Crew {
  readonly #backend: WorkerBackend<Job>;
  readonly #transitions: Transitions;
  readonly #maxTasks: number;
  readonly #events: CrewEvents;
  /** The lane in front at each place. */
  readonly #lanes: Lane[] = [];
  readonly #idle: IdleLanes;
  readonly #attempts = new StartAttempts();
  #closing = false;
  #killed = false;
  /** Every lane whose thread has not ended: also those that retire, and those that are to replace them. */
  readonly #alive = new Set<Lane>();
  readonly #whenEmpty: (() => void)[] = [];
  readonly #whenReady: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  constructor(
    backend: WorkerBackend<Job>,
    transitions: Transitions,
    workers: number,
    maxTasks: number,
    events: CrewEvents,
  ) {
    this.#backend = backend;
    this.#transitions = transitions;
    this.#maxTasks = maxTasks;
    this.#events = events;
    this.#idle = new IdleLanes((count) => backend.idle?.(count));
    for (let index = 0; index < workers; index++) this.#start(index);
  }

  get lanes(): readonly Lane[] {
    return this.#lanes;
  }

  /** The idle lane to feed next. */
  get idle(): Lane | undefined {
    return this.#idle.next;
  }

  /** Has every worker nothing to do? */
  get allIdle(): boolean {
    return this.#idle.count === this.#lanes.length;
  }

  /** Resolves when every worker is up; rejects when one can't be started. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#whenReady.push({ resolve, reject });
      this.revive();
      this.#tellReady();
    });
  }

  /** Gives a lane a delivery, which is to be sent. */
  deliver(lane: Lane, jobs: readonly Job[]): Delivery<Job> {
    const delivery = workerOf(lane).deliver(jobs);
    lane.deliveries.push(delivery);
    this.#idle.remove(lane);
    return delivery;
  }

  /** @throws what `Worker.send` throws. */
  send(lane: Lane, delivery: Delivery<Job>, options: SendOptions): void {
    workerOf(lane).send(delivery, options);
    lane.tasksLeft -= delivery.jobs.length;
    if (lane.tasksLeft === 0 && lane.state === 'open') this.#retire(lane);
  }

  /** The worker is through with a delivery, or has never got it. */
  finished(lane: Lane, delivery: Delivery<Job>): void {
    if (lane.parked.delete(delivery)) lane.resumed.delete(delivery);
    else lane.deliveries.splice(lane.deliveries.indexOf(delivery), 1);
    this.#maybeFree(lane);
  }

  /** A job that the worker runs has left its delivery for this one of its own. */
  parked(lane: Lane, parked: Delivery<Job>): void {
    lane.parked.add(parked);
    lane.resumed.add(parked);
  }

  /** It waits, and the worker is free of it meanwhile. */
  suspended(lane: Lane, parked: Delivery<Job>): void {
    lane.resumed.delete(parked);
    this.#maybeFree(lane);
  }

  /** It goes on. */
  resumed(lane: Lane, parked: Delivery<Job>): void {
    // Its thread has just ended, and what else was in there has given a place back.
    if (lane.state === 'ended') return;
    lane.resumed.add(parked);
    this.#idle.remove(lane);
  }

  /** Tries again where starting a worker was given up. */
  revive(): void {
    const { givenUp } = this.#attempts;
    if (givenUp.size === 0 || this.#closing) return;
    this.#attempts.reset();
    for (const index of givenUp) this.#start(index);
  }

  /** Ends a worker, whatever it is doing; another one takes its place. */
  end(lane: Lane): void {
    lane.worker?.terminate();
  }

  /**
   * Lets all workers clean up and ends them for good; resolves when every thread has ended. Who waits for them to be ready
   * gets `error`.
   */
  close(error: unknown): Promise<void> {
    this.#closing = true;
    for (const { reject } of this.#whenReady.splice(0)) reject(error);
    this.#attempts.stop();
    for (const lane of this.#alive) lane.worker?.leave();
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
      this.#tellEmpty();
    });
  }

  /** Ends all workers at once, those that clean up included. */
  kill(): void {
    this.#killed = true;
    for (const lane of this.#alive) lane.worker?.terminate();
  }

  /** Starts a worker at this place: as the successor of one that still has something to do, or else in front. */
  #start(index: number): void {
    this.#attempts.begins(index);
    const lane = new Lane(index, this.#maxTasks);
    this.#alive.add(lane);
    const front = this.#lanes[index];
    if (front?.state === 'retiring') front.successor = lane;
    else this.#lanes[index] = lane;
    this.#transitions.tell({ tell: () => this.#boot(lane) });
  }

  /** What threads start with is cloned for each of them: that may run getters, which may end the executor. */
  #boot(lane: Lane): void {
    const within = (change: () => void) => this.#transitions.run(change);
    if (this.#closing || this.#killed) return within(() => this.#ended(lane, neverStarted));
    lane.worker = this.#backend.start({
      ...this.#events.hear(lane),
      ready: () => within(() => this.#ready(lane)),
      full: () => {
        within(() => {
          if (lane.state === 'open') this.#retire(lane);
          this.#events.full(lane);
        });
      },
      ended: (exitCode, cause) => within(() => this.#ended(lane, { exitCode, cause })),
    });
    if (this.#closing || this.#killed) lane.worker.terminate();
  }

  #ready(lane: Lane): void {
    this.#attempts.reset();
    const front = this.#lanes[lane.index] as Lane;
    if (front === lane) return this.#open(lane);
    lane.state = 'standby';
    return this.#handOver(front);
  }

  #open(lane: Lane): void {
    lane.state = 'open';
    this.#idle.add(lane);
    this.#tellReady();
    this.#events.opened(lane);
  }

  #maybeFree(lane: Lane): void {
    if (!lane.free) return;
    if (lane.takes) return this.#idle.add(lane);
    this.#idle.remove(lane);
    return this.#handOver(lane);
  }

  #retire(lane: Lane): void {
    lane.state = 'retiring';
    this.#start(lane.index);
  }

  /** The successor begins only when the lane in front of it is through: never more tasks run than workers. */
  #handOver(front: Lane): void {
    if (front.state !== 'retiring' || front.successor?.state !== 'standby') return;
    if (front.deliveries.length > 0 || front.parked.size > 0) return;
    front.worker?.leave();
    this.#moveUp(front);
  }

  #moveUp(front: Lane): void {
    const successor = front.successor as Lane;
    front.successor = null;
    this.#lanes[front.index] = successor;
    if (successor.state === 'standby') this.#open(successor);
  }

  #ended(lane: Lane, end: ThreadEnd): void {
    const { state } = lane;
    lane.state = 'ended';
    lane.worker = null;
    this.#idle.remove(lane);
    this.#alive.delete(lane);
    const next = lane.resumed.size > 0 ? undefined : nextOf(lane.deliveries);
    const deliveries = [...lane.parked, ...lane.deliveries.splice(0)];
    lane.parked.clear();
    lane.resumed.clear();
    let told = false;
    for (const delivery of deliveries.toReversed()) told = this.#events.died(delivery, end, next) || told;
    if (!told && state !== 'starting' && end.cause !== undefined) warnOf(lane, end);
    if (!this.#closing && !this.#killed) this.#replace(lane, state === 'starting' ? end : undefined);
    this.#tellEmpty();
  }

  /** A lane has ended: the next one comes at once, unless this one never came up. */
  #replace(lane: Lane, bootFailure: ThreadEnd | undefined): void {
    const front = this.#lanes[lane.index] as Lane;
    const succeeds = front.successor === lane;
    if (succeeds) front.successor = null;
    else if (front !== lane) return;
    if (bootFailure !== undefined) this.#bootFailed(lane.index, bootFailure);
    else if (lane.successor === null) this.#start(lane.index);
    else this.#moveUp(lane);
  }

  /** A thread that never came up is not started again at once, nor for ever. */
  #bootFailed(index: number, end: ThreadEnd): void {
    if (this.#attempts.failed(index, () => this.#start(index))) return;
    const error = new WorkerCrashedError('no worker thread could be started', end);
    for (const { reject } of this.#whenReady.splice(0)) reject(error);
    if (this.#attempts.givenUp.size === this.#lanes.length) this.#events.bootFailed(error);
  }

  #tellReady(): void {
    if (this.#lanes.some((lane) => lane.state !== 'open' && lane.state !== 'retiring')) return;
    for (const { resolve } of this.#whenReady.splice(0)) resolve();
  }

  #tellEmpty(): void {
    if (this.#closing && this.#alive.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

const neverStarted: ThreadEnd = { exitCode: undefined, cause: undefined };

function workerOf({ worker, index }: Lane): Worker<Job> {
  if (worker === null) throw new Error(`internal: lane ${index} has no worker`);
  return worker;
}

/** An error that no task can be blamed for: thrown after the task that caused it had ended, for example. */
function warnOf({ lastTask }: Lane, { exitCode, cause }: ThreadEnd): void {
  const after = lastTask === undefined ? '' : `, after '${lastTask}' had ended`;
  const message = `a worker thread ended by itself${after} (exit code ${exitCode}): ${show(cause)}`;
  process.emitWarning(message, 'MillraceWorkerWarning');
}
