import { WorkerCrashedError } from '../../../base/errors.ts';
import { BootTime } from '../../figures/boot-time.ts';
import type { WorkerBackend, WorkerEvents } from '../backend.ts';
import type { ThreadEnd } from './crash.ts';
import type { Job } from '../../job/job.ts';
import { Lane } from './lane.ts';
import { LiveLanes } from './live-lanes.ts';
import { Readiness } from './readiness.ts';
import { StartAttempts } from './start-attempts.ts';
import type { Transitions } from '../../transitions.ts';

export interface PlacesOptions {
  readonly workers: number;
  readonly minWorkers: number;
  readonly maxTasksPerWorker: number;
}

export interface PlacesEvents {
  /** Makes the receiver of the other events of a new lane's worker. */
  hear(lane: Lane): Omit<WorkerEvents<Job>, 'ready' | 'ended'>;
  /** A worker is up. */
  up(lane: Lane): void;
  /** A lane's thread has ended. Called within a transition; the receiver must call `replace()`. */
  ended(lane: Lane, end: ThreadEnd, wasStarting: boolean): void;
  /** The number of cold places has changed. */
  coldChanged(): void;
  /** No worker can be started. */
  bootFailed(error: unknown): void;
}

/**
 * The places where workers stand, `workers` of them: starts workers there and replaces those that end.
 *
 * At each place one lane stands in front, and only that lane gets tasks. At most one of these follows it: a successor that starts
 * or stands by, a pause before the next attempt, or nothing because starting was given up. So at most `workers` lanes get tasks.
 *
 * A place is cold until its worker is wanted: as one of `minWorkers`, because work waits, or because a caller of `ready()` waits. A
 * worker that leaves because it was idle leaves its place cold; so does a worker for which starting was given up.
 *
 * A worker that dies after it came up is replaced at once. A worker that never came up is started again after growing pauses, and
 * given up after four failures in a row, which all places count together. If every place is cold or given up then, everything
 * that waits is rejected with the reason. The next submission tries again.
 */
export class Places {
  readonly #backend: WorkerBackend<Job>;
  readonly #transitions: Transitions;
  readonly #options: PlacesOptions;
  readonly #events: PlacesEvents;
  readonly bootTime: BootTime = new BootTime();
  /** The lane in front at each place. */
  readonly lanes: Lane[] = [];
  /** Indices of the cold places, a stack: the place that was left last is used first, since its idle times are the newest. */
  readonly #cold: number[] = [];
  readonly #attempts = new StartAttempts();
  readonly #readiness = new Readiness();
  /** Lanes whose workers boot, successors excluded. */
  readonly #starting = new Set<Lane>();
  readonly #live = new LiveLanes();

  constructor(
    backend: WorkerBackend<Job>,
    transitions: Transitions,
    options: PlacesOptions,
    events: PlacesEvents,
  ) {
    this.#backend = backend;
    this.#transitions = transitions;
    this.#options = options;
    this.#events = events;
    for (let index = options.workers - 1; index >= 0; index--) this.#setCold(index, 'new');
  }

  /** Has `close()` or `kill()` been called? */
  get ending(): boolean {
    return this.#live.ending;
  }

  /** Number of places without a worker. */
  get cold(): number {
    return this.#cold.length;
  }

  /** Number of places that are not cold: the worker is up, starts, or will be started after a pause. Successors don't count. */
  get started(): number {
    return this.lanes.length - this.#cold.length;
  }

  /** Workers that may be started in addition: none while the executor closes, or once starting was given up. */
  get startable(): number {
    const cold = this.#cold.length;
    return cold === 0 || this.ending || this.#attempts.exhausted ? 0 : cold;
  }

  /** May another worker come up soon? True if a cold place can start one, or if one boots and is not late. */
  get moreMayCome(): boolean {
    if (this.startable > 0) return true;
    if (this.#starting.size === 0) return false;
    const now = performance.now();
    return [...this.#starting].some((lane) => lane.lateMs(now) === 0);
  }

  /** Does a caller of `ready()` wait? */
  get awaited(): boolean {
    return this.#readiness.awaited;
  }

  /** Starts workers until this many are up, then resolves; rejects if starting one is given up, or if the executor closes. */
  ready(workers: number): Promise<void> {
    const ready = this.#readiness.wait(workers);
    this.revive();
    this.startUpTo(workers);
    this.opened();
    return ready;
  }

  /** Starts workers at cold places until this many are started, or none can be. */
  startUpTo(workers: number): void {
    while (this.started < workers && this.startable > 0) this.startCold();
  }

  /** Starts a worker at a cold place. @returns the place's index. */
  startCold(): number {
    const index = this.#cold.pop() as number;
    this.start(index, this.lanes[index]?.startsFor ?? 'new');
    this.#events.coldChanged();
    return index;
  }

  /** Makes the place of this front lane cold: its worker leaves, or could not be started. */
  leaveCold({ index }: Lane, why: Lane['startsFor']): void {
    this.#setCold(index, why);
    this.#events.coldChanged();
  }

  /** Starts a worker at this place: as the successor of a retiring lane, else in front. */
  start(index: number, why: Lane['startsFor']): void {
    this.#attempts.begins(index);
    const lane = new Lane(index, this.#options.maxTasksPerWorker, why, this.bootTime);
    this.#live.add(lane);
    const front = this.lanes[index];
    if (front?.state === 'retiring') front.successor = lane;
    else {
      this.lanes[index] = lane;
      this.#starting.add(lane);
    }
    this.#transitions.tell({ tell: () => this.#boot(lane) });
  }

  /** Puts a successor in front, in place of a lane that has finished or ended. */
  moveUp(front: Lane): Lane {
    const successor = front.successor as Lane;
    front.successor = null;
    this.lanes[front.index] = successor;
    return successor;
  }

  /** The number of workers that are up may have grown: tells callers of `ready()`. */
  opened(): void {
    if (this.#readiness.awaited) this.#readiness.tell(this.lanes.filter(({ isUp }) => isUp).length);
  }

  /** Tries again at places where starting a worker was given up. */
  revive(): void {
    const { givenUp } = this.#attempts;
    if (givenUp.size === 0 || this.#live.closing) return;
    this.#attempts.reset();
    for (const index of givenUp) {
      if (this.lanes[index]?.state === 'retiring') this.start(index, 'crashed');
      else this.#attempts.begins(index);
    }
    this.startUpTo(this.#options.minWorkers);
  }

  /**
   * A lane has ended: puts its successor in front, or starts a worker; after a pause if this one never came up (`bootFailure`).
   *
   * @returns the successor that was put in front, if there was one.
   */
  replace(lane: Lane, bootFailure: ThreadEnd | undefined): Lane | undefined {
    if (this.ending) return undefined;
    const front = this.lanes[lane.index] as Lane;
    const succeeds = front.successor === lane;
    if (succeeds) front.successor = null;
    else if (front !== lane) return undefined;
    if (bootFailure !== undefined) this.#bootFailed(lane, bootFailure);
    else if (lane.successor === null) this.start(lane.index, lane.endsFor ?? 'crashed');
    else return this.moveUp(lane);
    return undefined;
  }

  /**
   * Lets all workers clean up and ends them for good; resolves when every thread has ended. Callers of `ready()` that wait are
   * rejected with `error`.
   */
  close(error: unknown): Promise<void> {
    this.#readiness.fail(error);
    this.#attempts.stop();
    return this.#live.close();
  }

  /** Ends all workers at once, also those that are cleaning up. */
  kill(): void {
    this.#live.kill();
  }

  #setCold(index: number, why: Lane['startsFor']): void {
    this.lanes[index] = new Lane(index, 0, why, this.bootTime, 'cold');
    this.#cold.push(index);
  }

  /** Starts the thread. That clones its `workerData`, which may run getters; a getter may close the executor. */
  #boot(lane: Lane): void {
    const within = (change: () => void) => this.#transitions.run(change);
    if (this.ending) return within(() => this.#ended(lane, neverStarted));
    lane.worker = this.#backend.start({
      ...this.#events.hear(lane),
      ready: () => within(() => this.#ready(lane)),
      ended: (exitCode, cause) => within(() => this.#ended(lane, { exitCode, cause })),
    });
    if (this.ending) lane.worker.terminate();
  }

  #ready(lane: Lane): void {
    this.#starting.delete(lane);
    this.#attempts.reset();
    this.bootTime.learn(performance.now() - lane.since);
    this.#events.up(lane);
  }

  #ended(lane: Lane, end: ThreadEnd): void {
    const wasStarting = lane.state === 'starting';
    this.#live.remove(lane);
    this.#starting.delete(lane);
    this.#events.ended(lane, end, wasStarting);
  }

  /** A thread never came up: starts another after a pause, or gives up after too many failures. */
  #bootFailed({ index, startsFor }: Lane, end: ThreadEnd): void {
    if (this.#attempts.failed(index, () => this.start(index, startsFor))) return;
    const front = this.lanes[index] as Lane;
    if (front.state === 'ended') this.leaveCold(front, startsFor);
    const error = new WorkerCrashedError('no worker thread could be started', end);
    this.#readiness.fail(error);
    const { givenUp } = this.#attempts;
    const isEmpty = ({ state, index: place }: Lane) => state === 'cold' || givenUp.has(place);
    if (this.lanes.every(isEmpty)) this.#events.bootFailed(error);
  }
}

const neverStarted: ThreadEnd = { exitCode: undefined, cause: undefined };
