import type { TaskTarget } from '../../tasks/task.ts';
import type { Job } from '../job/job.ts';
import type { Slot } from '../engine.ts';
import { Means } from './mean-table.ts';

/** What a task that is submitted now has to expect. */
export interface Forecast {
  /** Milliseconds until a worker begins it, 0 while one is idle; undefined until a run time is known. */
  readonly waitMs: number | undefined;
  /** Milliseconds that its function takes, by its recent calls; undefined until one has ended. */
  readonly runMs: number | undefined;
  /** Tasks admitted and not settled. */
  readonly unsettled: number;
}

interface Level {
  readonly priority: number;
  jobs: number;
  expectedUs: number;
  /** Jobs that came before any run time was known. */
  unknown: number;
}

/** Weight of the latest call in a mean, as of TCP's round-trip estimate (Jacobson 1988). */
const gain = 1 / 8;
/** What whole numbers V8 keeps without a box: 36 minutes. */
const maxUs = 2 ** 31 - 1;
/** Of a job that came before any run time was known, and of one that counts with nothing any more. */
const unknown = -1;
const forgotten = -2;
/** Where among the means that of all functions stands; a function's is one further than its index. */
const all = 0;

/**
 * The work that has been admitted and has not left its worker, as expected run time by priority.
 *
 * Each job is counted with what its function took lately when it came, and goes with the same amount. A function that
 * nobody has seen end counts as much as the mean of all; as long as no function has, it counts as what that mean is later.
 * Unlike `RunTimes`, which must not fill a batch with what turns out slow, these means believe a rise and a fall alike: a
 * forecast must not be too high, or workers would stand idle.
 *
 * Every task passes here twice, so this allocates nothing. Amounts are whole microseconds, whose sums don't drift.
 */
export class Backlog {
  /** By priority: levels that have jobs, or had some when they were used last. */
  readonly #levels = new Map<number, Level>();
  /** The one that was used last. */
  #level: Level;
  /** Milliseconds. */
  readonly #means = new Means();

  constructor() {
    this.#level = { priority: 0, jobs: 0, expectedUs: 0, unknown: 0 };
    this.#levels.set(0, this.#level);
  }

  /** Mean run time of recent calls in milliseconds, of one function or of all; undefined until one has ended. */
  meanMs(target?: TaskTarget): number | undefined {
    const mean = this.#means.get(target === undefined ? all : target.index + 1);
    return Number.isNaN(mean) ? undefined : mean;
  }

  enter(job: Job): void {
    this.#levelOf(job.priority).jobs++;
    this.count(job);
  }

  /** Counts it with what its function takes now. */
  count(job: Job): void {
    const level = this.#levelOf(job.priority);
    const mean = this.#means.get(job.task.target.index + 1);
    const ms = Number.isNaN(mean) ? this.#means.get(all) : mean;
    if (!Number.isNaN(ms)) level.expectedUs += job.expectedUs = (Math.min(ms * 1000, maxUs) + 0.5) | 0;
    else {
      job.expectedUs = unknown;
      level.unknown++;
    }
  }

  /** It is counted with nothing from now on. */
  forget(job: Job): void {
    const level = this.#levelOf(job.priority);
    if (job.expectedUs === unknown) level.unknown--;
    else if (job.expectedUs !== forgotten) level.expectedUs -= job.expectedUs;
    job.expectedUs = forgotten;
  }

  /** @param ms how long it took, of a job that ended by itself: learnt from it. */
  leave(job: Job, ms: number | undefined): void {
    this.forget(job);
    this.#level.jobs--;
    if (ms === undefined) return;
    this.#learn(job.task.target.index + 1, ms);
    this.#learn(all, ms);
  }

  /**
   * Expected milliseconds until a worker begins a job of this priority, if nothing more urgent comes: what is queued before
   * it goes to whichever worker is free first. What runs is finished, whatever its priority. What runs longer than was
   * expected is taken to go on for as long as it is late, so nothing is expected of a worker that hangs.
   */
  waitMs(priority: number, slots: readonly Slot[], now: number): number {
    const meanMs = this.meanMs() ?? 0;
    let queuedMs = 0;
    for (const level of this.#levels.values())
      if (level.priority >= priority) queuedMs += level.expectedUs / 1000 + level.unknown * meanMs;
    const busyMs = slots.map(({ runningJob: job }) => {
      const since = job?.runningSince;
      if (job === undefined || since === undefined || job.expectedUs === forgotten) return 0;
      const expectedMs = job.expectedUs === unknown ? meanMs : job.expectedUs / 1000;
      if (job.priority >= priority) queuedMs -= expectedMs;
      return Math.abs(expectedMs - (now - since));
    });
    return fill(busyMs, Math.max(0, queuedMs));
  }

  #learn(index: number, ms: number): void {
    const known = this.#means.get(index);
    this.#means.set(index, Number.isNaN(known) ? ms : known + (ms - known) * gain);
  }

  #levelOf(priority: number): Level {
    return this.#level.priority === priority ? this.#level : this.#turnTo(priority);
  }

  #turnTo(priority: number): Level {
    if (this.#level.jobs === 0) this.#levels.delete(this.#level.priority);
    let level = this.#levels.get(priority);
    if (level === undefined)
      this.#levels.set(priority, (level = { priority, jobs: 0, expectedUs: 0, unknown: 0 }));
    return (this.#level = level);
  }
}

/** How high water stands that is poured over steps: on the lowest ones, as many as it covers. */
function fill(steps: readonly number[], water: number): number {
  let level = Infinity;
  let sum = water;
  for (const [index, step] of steps.toSorted((a, b) => a - b).entries()) {
    sum += step;
    level = Math.min(level, sum / (index + 1));
  }
  return level;
}
