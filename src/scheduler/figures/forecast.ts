import { Task } from '../../tasks/task.ts';
import type { TaskTarget } from '../../tasks/task.ts';
import type { Job } from '../job/job.ts';
import type { Slot } from '../engine.ts';
import { NumberTable } from './number-table.ts';
import { waterLevel } from './water-level.ts';

/** The expected wait and run time of a task that is submitted now. */
export interface Forecast {
  /**
   * Expected milliseconds until a worker begins the task, 0 while a started worker is idle; undefined until a run time is known. A
   * worker that is not up counts with the time of its boot.
   */
  readonly waitMs: number | undefined;
  /** Mean milliseconds of the function's recent calls, or of all functions' without a `task`; undefined until a call has ended. */
  readonly runMs: number | undefined;
  /** Tasks admitted and not settled. */
  readonly unsettled: number;
}

interface PriorityLevel {
  readonly priority: number;
  jobs: number;
  expectedUs: number;
  /** Jobs that entered before any run time was known. */
  unknown: number;
}

/** Weight of the latest call in a mean, as in TCP's round-trip estimate (Jacobson 1988). */
const gain = 1 / 8;
/** The largest expected run time: 36 minutes, a whole number of 32 bits. */
const maxUs = 2 ** 31 - 1;
/** `expectedUs` of a job that entered before any run time was known. */
const unknown = -1;
/** `expectedUs` of a job that no longer counts. */
const forgotten = -2;
/** Index of the mean of all functions; a function's mean has the function's index plus 1. */
const all = 0;

/**
 * The admitted work that has not left its worker, as expected run time by priority.
 *
 * A job enters with the mean of its function's recent calls, and leaves with the same amount. A function without an ended call counts
 * with the mean of all functions; if that is unknown too, with whatever it is at the time of the forecast. Unlike `RunTimes`, which
 * must not fill a batch with tasks that turn out slow, these means follow a rise and a fall alike: a forecast must not be too high,
 * or workers would stand idle.
 *
 * Every task calls this twice, so it allocates nothing. Amounts are whole microseconds, whose sums don't drift.
 */
export class Forecaster {
  /** Levels by priority. An empty level stays until another level is used. */
  readonly #levels = new Map<number, PriorityLevel>();
  /** The level that was used last. */
  #level: PriorityLevel;
  /** Milliseconds. */
  readonly #means = new NumberTable();

  constructor() {
    this.#level = { priority: 0, jobs: 0, expectedUs: 0, unknown: 0 };
    this.#levels.set(0, this.#level);
  }

  /** Mean run time of recent calls in milliseconds, of one function or of all; undefined until a call has ended. */
  meanMs(target?: TaskTarget): number | undefined {
    const mean = this.#means.get(target === undefined ? all : target.index + 1);
    return Number.isNaN(mean) ? undefined : mean;
  }

  enter(job: Job): void {
    this.#levelOf(job.priority).jobs++;
    this.count(job);
  }

  /** Counts the job with its function's current mean. */
  count(job: Job): void {
    const level = this.#levelOf(job.priority);
    const mean = this.#means.get(Task.targetOf(job.task).index + 1);
    const ms = Number.isNaN(mean) ? this.#means.get(all) : mean;
    if (!Number.isNaN(ms)) level.expectedUs += job.expectedUs = (Math.min(ms * 1000, maxUs) + 0.5) | 0;
    else {
      job.expectedUs = unknown;
      level.unknown++;
    }
  }

  /** Counts the job with nothing from now on. */
  forget(job: Job): void {
    const level = this.#levelOf(job.priority);
    if (job.expectedUs === unknown) level.unknown--;
    else if (job.expectedUs !== forgotten) level.expectedUs -= job.expectedUs;
    job.expectedUs = forgotten;
  }

  /** The job has left. @param ms the run time to learn, if the job ended by itself. */
  leave(job: Job, ms: number | undefined): void {
    this.forget(job);
    this.#level.jobs--;
    if (ms === undefined) return;
    this.#learn(Task.targetOf(job.task).index + 1, ms);
    this.#learn(all, ms);
  }

  /**
   * Expected milliseconds until a worker begins a job of this priority, if no more urgent job comes. Jobs queued before it go to the
   * worker that is free first; running jobs are finished, whatever their priority. A job that runs longer than expected is taken to
   * go on for as long as it is late, so the forecast expects nothing of a worker that hangs.
   */
  waitMs(priority: number, slots: readonly Slot[], now: number): number {
    const meanMs = this.meanMs() ?? 0;
    let queuedMs = 0;
    for (const level of this.#levels.values())
      if (level.priority >= priority) queuedMs += level.expectedUs / 1000 + level.unknown * meanMs;
    const busyMs = slots.map((slot) => {
      const job = slot.runningJob;
      const since = job?.runningSince;
      const readyInMs = slot.readyInMs(now);
      if (job === undefined || since === undefined || job.expectedUs === forgotten) return readyInMs;
      const expectedMs = job.expectedUs === unknown ? meanMs : job.expectedUs / 1000;
      if (job.priority >= priority) queuedMs -= expectedMs;
      return readyInMs + Math.abs(expectedMs - (now - since));
    });
    return waterLevel(busyMs, Math.max(0, queuedMs));
  }

  #learn(index: number, ms: number): void {
    const known = this.#means.get(index);
    this.#means.set(index, Number.isNaN(known) ? ms : known + (ms - known) * gain);
  }

  #levelOf(priority: number): PriorityLevel {
    return this.#level.priority === priority ? this.#level : this.#turnTo(priority);
  }

  #turnTo(priority: number): PriorityLevel {
    if (this.#level.jobs === 0) this.#levels.delete(this.#level.priority);
    let level = this.#levels.get(priority);
    if (level === undefined)
      this.#levels.set(priority, (level = { priority, jobs: 0, expectedUs: 0, unknown: 0 }));
    return (this.#level = level);
  }
}
