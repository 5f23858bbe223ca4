import { show } from '../../../base/options.ts';
import { warn } from '../../../base/warn.ts';
import type { ExecutorIdentity } from '../../executor-id.ts';
import type { Job } from '../../job/job.ts';
import type { Transitions } from '../../transitions.ts';
import type { Batch, WorkerBackend, WorkerEvents } from '../backend.ts';
import { nextOf } from './crash.ts';
import type { ThreadEnd } from './crash.ts';
import type { EnoughAwake } from './enough-awake.ts';
import { IdleLanes } from './idle-lanes.ts';
import { IdleTimeout } from './idle-timeout.ts';
import type { Lane } from './lane.ts';
import { Places } from './places.ts';
import type { PlacesOptions } from './places.ts';
import { endNews, startNews, workerChannels } from './worker-diagnostics.ts';
import type { Losses, WorkerEndReason } from './worker-diagnostics.ts';

/** The events that concern the batches of one lane. */
export type LaneEvents = Omit<WorkerEvents<Job>, 'ready' | 'full' | 'ended'>;

export interface TurnoverOptions extends ExecutorIdentity, PlacesOptions {
  readonly idleTimeoutMs: number;
}

export interface TurnoverEvents {
  /** Makes the receiver of a new lane's events. */
  hear(lane: Lane): LaneEvents;
  /** A lane can take work; or an expected worker has not come up, and others must take its work. */
  opened(lane: Lane): void;
  /** A lane's worker holds too much memory, and takes no more jobs. */
  full(lane: Lane): void;
  /** A thread ended with this batch in hand; `next` is the job that it would have begun. @returns what that cost. */
  died(batch: Batch<Job>, end: ThreadEnd, next: Job | undefined): Losses;
  /** No worker can be started. */
  bootFailed(error: unknown): void;
}

/**
 * Opens workers that are up, replaces workers that hold too much memory or have run enough tasks, sorts out the jobs of workers that
 * die, and ends workers that were idle for too long. `Places` keeps where workers stand.
 */
export class Turnover {
  readonly places: Places;
  readonly idle: IdleLanes;
  readonly #transitions: Transitions;
  readonly #options: TurnoverOptions;
  readonly #events: TurnoverEvents;
  /** Null where there are no more workers than cores. */
  readonly #enough: EnoughAwake | null;
  readonly #idleTimeout: IdleTimeout | null;
  /** The lane whose worker was idle for too long and cleans up; one at a time. */
  #leaving: Lane | null = null;

  constructor(
    backend: WorkerBackend<Job>,
    transitions: Transitions,
    options: TurnoverOptions,
    enough: EnoughAwake | null,
    events: TurnoverEvents,
  ) {
    this.#enough = enough;
    this.#transitions = transitions;
    this.#options = options;
    this.#events = events;
    const { workers, minWorkers, idleTimeoutMs } = options;
    this.#idleTimeout =
      idleTimeoutMs < Infinity && minWorkers < workers
        ? new IdleTimeout(idleTimeoutMs, () => transitions.run(() => this.#endIdle()))
        : null;
    // A worker that could be started counts as idle, too.
    const tellIdle = () => backend.idle?.(this.idle.count + this.places.cold);
    const idleChanged = (added?: Lane) => {
      tellIdle();
      if (added !== undefined) this.nowIdle(added);
    };
    this.idle = new IdleLanes(this.#idleTimeout === null ? tellIdle : idleChanged);
    this.places = new Places(backend, transitions, options, {
      hear: (lane) => ({ ...events.hear(lane), full: () => transitions.run(() => this.#full(lane)) }),
      up: (lane) => this.#up(lane),
      ended: (lane, end, wasStarting) => this.#ended(lane, end, wasStarting),
      coldChanged: tellIdle,
      bootFailed: (error) => events.bootFailed(error),
    });
    tellIdle();
  }

  /** Starts `minWorkers` workers. */
  start(): void {
    this.places.startUpTo(this.#options.minWorkers);
  }

  /** Starts workers because work waits. */
  startMore(count: number): void {
    for (let left = Math.min(count, this.places.startable); left > 0; left--) {
      const place = this.places.startCold();
      this.#idleTimeout?.wanted(place);
    }
  }

  /** The worker has been sent `maxTasksPerWorker` tasks. */
  exhausted(lane: Lane): void {
    if (lane.state === 'open') this.#retire(lane, 'retired');
  }

  /** The worker may have nothing to do now. */
  maybeFree(lane: Lane): void {
    if (!lane.free) return;
    if (lane.takes) return this.idle.add(lane);
    this.idle.remove(lane);
    return this.#handOver(lane);
  }

  /** The worker has nothing to do from now on; jobs may wait in it. */
  nowIdle(lane: Lane): void {
    if (this.#idleTimeout === null) return;
    lane.idleSince = performance.now();
    this.#idleTimeout.watch();
  }

  /** Lets all workers clean up and ends them for good; see `Places.close`. */
  close(error: unknown): Promise<void> {
    this.#idleTimeout?.stop();
    return this.places.close(error);
  }

  #up(lane: Lane): void {
    if (workerChannels.start.hasSubscribers) {
      const threadId = lane.worker?.threadId ?? -1;
      this.#transitions.tell(startNews(this.#options, lane.index, threadId, lane.startsFor));
    }
    const front = this.places.lanes[lane.index] as Lane;
    if (front === lane) return this.#open(lane);
    lane.state = 'standby';
    return this.#handOver(front);
  }

  #open(lane: Lane): void {
    lane.state = 'open';
    this.idle.add(lane);
    this.places.opened();
    this.#events.opened(lane);
  }

  #full(lane: Lane): void {
    if (lane.state === 'open') this.#retire(lane, 'memory');
    this.#events.full(lane);
  }

  #retire(lane: Lane, why: WorkerEndReason): void {
    lane.state = 'retiring';
    lane.retiresFor = why;
    this.places.start(lane.index, why);
  }

  /** Lets the successor take over when the lane in front has finished: never more tasks run than `workers`. */
  #handOver(front: Lane): void {
    if (front.state !== 'retiring' || front.successor?.state !== 'standby') return;
    if (front.batches.length > 0 || front.parked.size > 0) return;
    front.endsFor ??= front.retiresFor;
    front.state = 'leaving';
    front.worker?.leave();
    this.#open(this.places.moveUp(front));
  }

  #ended(lane: Lane, end: ThreadEnd, wasStarting: boolean): void {
    const { worker } = lane;
    const heard = workerChannels.end.hasSubscribers && !wasStarting;
    const job = heard ? lane.runningJob : undefined;
    lane.state = 'ended';
    lane.worker = null;
    this.idle.remove(lane);
    if (this.#leaving === lane) this.#leaving = null;
    const next = lane.resumed.size > 0 ? undefined : nextOf(lane.batches);
    const batches = [...lane.parked, ...lane.batches.splice(0)];
    lane.parked.clear();
    lane.resumed.clear();
    this.#enough?.changed(lane);
    const sum = { lost: 0, over: 0, returned: 0 };
    for (const batch of batches.toReversed()) {
      const { lost, over, returned } = this.#events.died(batch, end, next);
      sum.lost += lost;
      sum.over += over;
      sum.returned += returned;
    }
    if (heard) {
      const { index, endsFor: why = 'crashed' } = lane;
      const facts = { worker: index, threadId: worker?.threadId ?? -1, why };
      this.#transitions.tell(endNews(this.#options, facts, end, job, sum));
    }
    if (sum.lost + sum.over === 0 && !wasStarting && end.cause !== undefined) warnOf(lane, end);
    const successor = this.places.replace(lane, wasStarting ? end : undefined);
    // Jobs that were expected to go to this worker may have to go elsewhere.
    if (wasStarting) this.#events.opened(lane);
    if (successor?.state === 'standby') this.#open(successor);
    this.#endIdle();
  }

  /** Ends one worker that was idle for too long, if there is one. */
  #endIdle(): void {
    if (this.#idleTimeout === null || this.#leaving !== null || this.places.ending) return;
    if (this.places.started <= this.#options.minWorkers) return;
    // While a caller of `ready()` waits for workers, none may end.
    if (this.places.awaited) return this.#idleTimeout.watch();
    const lane = this.#idleTimeout.overdue(this.idle.all.filter(({ isDispensable }) => isDispensable));
    if (lane === undefined) return;
    lane.state = 'leaving';
    lane.endsFor ??= 'idle';
    this.#leaving = lane;
    this.idle.remove(lane);
    this.#idleTimeout.ended(lane.index);
    this.places.leaveCold(lane, 'idle');
    lane.worker?.leave();
    return undefined;
  }
}

/** Warns of an error for which no task can be blamed: one that was thrown after its task had ended, for example. */
function warnOf({ lastTask }: Lane, { exitCode, cause }: ThreadEnd): void {
  const after = lastTask === undefined ? '' : `, after '${lastTask}' had ended`;
  const message = `a worker thread ended by itself${after} (exit code ${exitCode}): ${show(cause)}`;
  warn('MillraceWorkerWarning', message);
}
