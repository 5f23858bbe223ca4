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
/** A thread may need a second to read so many bytes of arguments. */
const bytesASecond = 1024 * 1024;
/** Workers that are replaced for one job that they don't begin. Then its arguments may be what takes so long. */
const mostReplaced = 2;

/** Taken before a test of a program fakes them: with a clock that leaps every worker would stall. */
const { setTimeout } = globalThis;
export const realLater = (ms: number, call: () => void): void => void setTimeout(call, ms).unref();

export interface StallsParts {
  /** Calls after so many milliseconds at the earliest, if the process lives so long. */
  readonly later: (ms: number, call: () => void) => void;
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
 * is replaced, unless that would lose jobs: those that wait in it, that have moved to it, or that have ended and whose result it may
 * be copying. Both take longer with large arguments, which a thread needs long to read. It looks while jobs are on their way.
 */
export class Stalls {
  readonly #parts: StallsParts;
  /** For each lane the job that it had not begun at the last look, if it ran none, and at how many looks it had not. */
  #seen: readonly Seen[] = [];
  /** Jobs that have been taken from a stalled worker. */
  readonly #moved = new WeakSet<Job>();
  /** Lanes of which has been told that they stall. */
  readonly #told = new WeakSet<Lane>();
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
    this.#parts.later(lookMs, this.#look);
  }

  readonly #look = (): void => {
    this.#looks = false;
    const { transitions, workers } = this.#parts;
    transitions.run(() => {
      const seen = this.#seen;
      this.#seen = workers.lanes.map((lane, index) => this.#judge(lane, seen[index] ?? nothing));
      if (workers.lanes.some(({ batches }) => batches.length > 0)) this.#lookLater();
      else this.#seen = [];
    });
  };

  /** @param before what was seen of the lane at the last look. @returns what is seen now. */
  #judge(lane: Lane, before: Seen): Seen {
    if (lane.runningJob !== undefined) lane.stalledLooks = 0;
    else if (lane.stalledLooks > 0) {
      // Of a large result, the thread may be making a copy to send.
      if (hasResult(lane)) return nothing;
      lane.stalledLooks++;
      if (lane.stalledLooks >= looksUntilTold + looksFor(lane) && !this.#told.has(lane)) this.#lasts(lane);
    } else {
      const job = firstUnbegun(lane);
      const looks = job === before.job ? before.looks + 1 : 0;
      if (job !== undefined && looks > looksFor(lane)) this.#stalls(lane);
      return { job, looks };
    }
    return nothing;
  }

  #stalls(lane: Lane): void {
    lane.stalledLooks = 1;
    this.#told.delete(lane);
    // The only worker begins its jobs as soon as it can.
    if (this.#parts.most === 1) return;
    const jobs = takeBackFrom(lane, Infinity, (job) => !this.#moved.has(job));
    for (const job of jobs) this.#moved.add(job);
    this.#parts.requeue(jobs);
  }

  #lasts(lane: Lane): void {
    this.#told.add(lane);
    const next = firstUnbegun(lane);
    const replaces = lane.parked.size === 0 && !hasMoved(lane) && (next?.falseStarts ?? 0) < mostReplaced;
    tell(lane, replaces);
    if (!replaces) return;
    if (next !== undefined) next.falseStarts++;
    this.#parts.requeue(takeBackFrom(lane, Infinity, () => true));
    this.#parts.workers.end(lane);
  }
}

interface Seen {
  readonly job: Job | undefined;
  readonly looks: number;
}
const nothing: Seen = { job: undefined, looks: 0 };

/** Looks for which the thread may be reading the arguments that it has been sent. */
function looksFor(lane: Lane): number {
  let bytes = 0;
  for (const job of jobsOf(lane, 'sent')) bytes += job.bytes;
  return Math.floor((bytes / bytesASecond) * (1000 / lookMs));
}

const firstUnbegun = (lane: Lane): Job | undefined => jobsOf(lane, 'sent').next().value;
const hasResult = (lane: Lane): boolean => jobsOf(lane, 'finished').next().done === false;
const hasMoved = (lane: Lane): boolean => [...jobsOf(lane, 'sent')].some(({ moved }) => moved);

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

function tell({ lastTask }: Lane, replaces: boolean): void {
  const after = lastTask === undefined ? '' : `, after '${lastTask}' had ended`;
  const then = replaces ? 'the executor replaces the thread' : 'what it has to do waits for that';
  const message =
    `a worker thread has begun none of its tasks for ${(lookMs * looksUntilTold) / 1000} seconds or more${after}: code that was ` +
    `left running (a timer, a promise) holds it; ${then}`;
  warn('MillraceWorkerWarning', message);
}
