import type { Job } from './job.ts';
import { LinkedList } from './linked-list.ts';

interface Level {
  readonly priority: number;
  readonly depth: number;
  readonly jobs: LinkedList<Job>;
}

/** Where a job stands: how urgent it is, and how many tasks wait for it, one for the other. */
export type Urgency = Pick<Job, 'priority' | 'depth'>;

/** Does `a` go before `b`, whenever they came? */
export function isBefore(a: Urgency, b: Urgency): boolean {
  return a.priority === b.priority ? a.depth > b.depth : a.priority > b.priority;
}

const isEqual = (a: Urgency, b: Urgency) => a.priority === b.priority && a.depth === b.depth;

/**
 * Admitted jobs that no worker has: larger priority first, within one those that were submitted by tasks, the deepest first,
 * and first come first served among equals. (What is deepest is waited for; and if new tasks began before the children of
 * those that wait, there would be ever more that wait.)
 *
 * One list per level in use, in descending order. Adding and removing cost O(1) within a level, and a binary search over
 * the levels in use; there is nearly always just one.
 *
 * Invariant: no level is empty, unless it is the only one.
 */
export class PendingQueue {
  readonly #levels: Level[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(job: Job): void {
    this.#levelFor(job).jobs.push(job);
    this.#size++;
  }

  /** Puts back a job that had been taken out: before all others of its level. */
  unshift(job: Job): void {
    this.#levelFor(job).jobs.unshift(job);
    this.#size++;
  }

  /** The job to dispatch next. */
  peek(): Job | null {
    return this.#levels[0]?.jobs.first ?? null;
  }

  /** Takes out a job; one that has been taken out already is left alone. */
  remove(job: Job): void {
    if (job.list === null) return;
    const index = this.#levels[0]?.jobs === job.list ? 0 : this.#indexOf(job);
    const { jobs } = this.#levels[index] as Level;
    jobs.remove(job);
    this.#size--;
    if (jobs.size === 0 && this.#levels.length > 1) this.#levels.splice(index, 1);
  }

  /** In the order of dispatch. Do not add or remove meanwhile. */
  *[Symbol.iterator](): Generator<Job> {
    for (const { jobs } of this.#levels) yield* jobs;
  }

  #levelFor(job: Job): Level {
    const first = this.#levels[0];
    if (first !== undefined) {
      if (isEqual(first, job)) return first;
      if (this.#size === 0) this.#levels.length = 0;
    }
    const index = this.#indexOf(job);
    let level = this.#levels[index];
    if (level === undefined || !isEqual(level, job)) {
      const { priority, depth } = job;
      level = { priority, depth, jobs: new LinkedList() };
      this.#levels.splice(index, 0, level);
    }
    return level;
  }

  /** Where the level of this job stands, or would. */
  #indexOf(job: Job): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#levels[middle] as Level, job)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
