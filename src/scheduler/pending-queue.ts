import type { Job } from './job.ts';
import { LinkedList } from './linked-list.ts';

interface Level {
  readonly priority: number;
  readonly jobs: LinkedList<Job>;
}

/**
 * Admitted jobs that no worker has: larger priority first, first come first served within one.
 *
 * One list per priority in use, in descending order. Adding and removing cost O(1) within a priority, and a binary
 * search over the priorities in use; there is nearly always just one.
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
    this.#levelFor(job.priority).jobs.push(job);
    this.#size++;
  }

  /** Puts back a job that had been taken out: before all others of its priority. */
  unshift(job: Job): void {
    this.#levelFor(job.priority).jobs.unshift(job);
    this.#size++;
  }

  /** The job to dispatch next. */
  peek(): Job | null {
    return this.#levels[0]?.jobs.first ?? null;
  }

  /** Takes out a job; one that has been taken out already is left alone. */
  remove(job: Job): void {
    if (job.list === null) return;
    const index = this.#indexOf(job.priority);
    const { jobs } = this.#levels[index] as Level;
    jobs.remove(job);
    this.#size--;
    if (jobs.size === 0 && this.#levels.length > 1) this.#levels.splice(index, 1);
  }

  /** In the order of dispatch. Do not add or remove meanwhile. */
  *[Symbol.iterator](): Generator<Job> {
    for (const { jobs } of this.#levels) yield* jobs;
  }

  #levelFor(priority: number): Level {
    if (this.#size === 0 && this.#levels[0]?.priority !== priority) this.#levels.length = 0;
    const index = this.#indexOf(priority);
    let level = this.#levels[index];
    if (level === undefined || level.priority !== priority) {
      level = { priority, jobs: new LinkedList() };
      this.#levels.splice(index, 0, level);
    }
    return level;
  }

  /** Where this priority stands, or would. */
  #indexOf(priority: number): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#levels[middle] as Level).priority > priority) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
