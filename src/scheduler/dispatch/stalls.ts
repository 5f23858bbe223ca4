import { Timer } from '../../base/timer.ts';
import { warn } from '../../base/warn.ts';
import type { Job } from '../job/job.ts';
import type { Claim } from './backend.ts';
import type { Transitions } from '../transitions.ts';
import { takeBackFrom } from './take-back.ts';
import type { Lane } from './workers/lane.ts';
import type { Workers } from './workers/workers.ts';

/** Milliseconds between two looks. */
const lookMs = 50;
/** Looks after which a stall is told: five seconds. */
const looksUntilTold = 100;
/** A thread may need long to read more arguments than this, in bytes; it does not stall then. */
const mostBytes = 1024 * 1024;

export interface StallsParts {
  /** The most workers that there may be. */
  readonly most: number;
  readonly transitions: Transitions;
  readonly workers: Workers;
  /** Jobs come back from a worker, in the order in which they had been sent. */
  readonly requeue: (jobs: readonly Job[]) => void;
}

/**
 * Finds workers that don't begin what they have been sent. A worker with a single unbegun job is taken to begin it at once, so nobody
 * else takes that job. But code that an ended task has left behind (a timer, a promise) may hold the thread, and nothing tells of it.
 *
 * ```
 * (at work) ──runs nothing, and has the same unbegun job at two looks──→ stalled ──begins or answers──→ (at work)
 * ```
 * What a stalled worker has not begun goes elsewhere, and it gets nothing else. A job goes elsewhere only once: on a machine where
 * every thread waits long for a processor, it would find none that begins it in time. A stall that lasts is told once, and the worker
 * is replaced, unless jobs wait in it or it may be at work on a result, which would be lost. It looks while jobs are on their way.
 */
export class Stalls {
  readonly #parts: StallsParts;
  /** For each lane the job that it had not begun at the last look, if it ran none. */
  #seen: readonly (Job | undefined)[] = [];
  /** Jobs that have been taken from a stalled worker. */
  readonly #moved = new WeakSet<Job>();
  #looks = false;

  constructor(parts: StallsParts) {
    this.#parts = parts;
  }

  /** A batch has been sent. */
  sent(): void {
    if (!this.#looks) this.#lookLater();
  }

  #lookLater(): void {
    this.#looks = true;
    // The jobs that wait keep the process alive.
    void new Timer(lookMs, this.#look, { keepsAlive: false });
  }

  readonly #look = (): void => {
    this.#looks = false;
    const { transitions, workers } = this.#parts;
    transitions.run(() => {
      const seen = this.#seen;
      this.#seen = workers.lanes.map((lane, index) => this.#judge(lane, seen[index]));
      if (workers.lanes.some(({ batches }) => batches.length > 0)) this.#lookLater();
      else this.#seen = [];
    });
  };

  /** @param before what the lane had not begun at the last look. @returns what it has not begun now. */
  #judge(lane: Lane, before: Job | undefined): Job | undefined {
    if (lane.runningJob !== undefined) lane.stalledLooks = 0;
    else if (lane.stalledLooks > 0) {
      // Of a large result, the thread may be making a copy to send.
      if (!hasResult(lane) && ++lane.stalledLooks === looksUntilTold) this.#lasts(lane);
    } else if (bytesOf(lane) <= mostBytes) {
      const unbegun = firstUnbegun(lane);
      if (unbegun !== undefined && unbegun === before) this.#stalls(lane);
      return unbegun;
    }
    return undefined;
  }

  #stalls(lane: Lane): void {
    lane.stalledLooks = 1;
    // The only worker begins its jobs as soon as it can.
    if (this.#parts.most === 1) return;
    const jobs = takeBackFrom(lane, Infinity, (job) => !this.#moved.has(job));
    for (const job of jobs) this.#moved.add(job);
    this.#parts.requeue(jobs);
  }

  #lasts(lane: Lane): void {
    tell(lane);
    if (lane.parked.size > 0) return;
    this.#parts.requeue(takeBackFrom(lane, Infinity, () => true));
    this.#parts.workers.end(lane);
  }
}

const firstUnbegun = (lane: Lane): Job | undefined => jobsOf(lane, 'sent').next().value;
const hasResult = (lane: Lane): boolean => jobsOf(lane, 'finished').next().done === false;

/** Bytes of the arguments that the thread may be reading. */
function bytesOf(lane: Lane): number {
  let sum = 0;
  for (const { bytes } of jobsOf(lane, 'sent')) sum += bytes;
  return sum;
}

/** The unanswered jobs with this claim, in the order in which they were sent. */
function* jobsOf({ batches }: Lane, claim: Claim): Generator<Job, undefined> {
  for (const batch of batches) {
    for (let position = batch.answered; position < batch.jobs.length; position++) {
      const job = batch.jobs[position] as Job;
      if (job.batch === batch && batch.claim(position) === claim) yield job;
    }
  }
  return undefined;
}

function tell({ lastTask, parked }: Lane): void {
  const after = lastTask === undefined ? '' : `, after '${lastTask}' had ended`;
  const then = parked.size === 0 ? 'the executor replaces the thread' : 'tasks that wait in it can’t go on';
  const message =
    `a worker thread has begun none of its tasks for ${(lookMs * looksUntilTold) / 1000} seconds${after}: code that was left ` +
    `running (a timer, a promise) holds it; ${then}`;
  warn('MillraceWorkerWarning', message);
}
