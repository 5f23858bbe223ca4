import { Heap } from '../../base/heap.ts';
import type { Job } from '../job/job.ts';
import { LinkedList } from '../../base/linked-list.ts';

interface UrgencyLevel {
  readonly key: number | string;
  readonly priority: number;
  readonly nesting: number;
  readonly jobs: LinkedList<Job>;
}

/** How urgent a job is: its priority, and its depth below the task that was submitted from outside. */
export type Urgency = Pick<Job, 'priority' | 'nesting'>;

/** Does `a` go before `b`, whichever was submitted first? */
export function isBefore(a: Urgency, b: Urgency): boolean {
  return a.priority === b.priority ? a.nesting > b.nesting : a.priority > b.priority;
}

const isEqual = (a: Urgency, b: Urgency) => a.priority === b.priority && a.nesting === b.nesting;

/**
 * Admitted jobs that no worker has: larger priority first, then deeper nesting, then first come, first served. (A parent waits for
 * its child jobs; if new jobs began before the children of waiting jobs, ever more jobs would wait.)
 *
 * Each level in use has a list, and the levels stand in a heap: adding and removing a job cost O(1) within a level, and the logarithm
 * of the number of levels if a level is new or used up. Most queues have one level. A level that runs empty behind others stays
 * until it comes first.
 *
 * Invariant: the first level is not empty, unless it is the only one.
 */
export class PendingQueue {
  readonly #levels = new Heap<UrgencyLevel>(isBefore);
  readonly #byUrgency = new Map<number | string, UrgencyLevel>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(job: Job): void {
    this.#levelFor(job).jobs.push(job);
    this.#size++;
    this.#dropEmpty();
  }

  /** Puts back a job that had been sent, before all others of its level. */
  unshift(job: Job): void {
    this.#levelFor(job).jobs.unshift(job);
    this.#size++;
    this.#dropEmpty();
  }

  /** The job to dispatch next. */
  peek(): Job | null {
    return this.#levels.first?.jobs.first ?? null;
  }

  /** Removes a job. Does nothing if the job does not stand in the queue. */
  remove(job: Job): void {
    if (job.list === null) return;
    (job.list as LinkedList<Job>).remove(job);
    this.#size--;
    this.#dropEmpty();
  }

  /** Iterates in the order of dispatch. Do not add or remove jobs meanwhile. */
  *[Symbol.iterator](): Generator<Job> {
    const levels = this.#levels.items.toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
    for (const { jobs } of levels) yield* jobs;
  }

  #levelFor(job: Job): UrgencyLevel {
    const { first } = this.#levels;
    if (first !== undefined && isEqual(first, job)) return first;
    const { priority, nesting } = job;
    const key = nesting === 0 ? priority : `${priority} ${nesting}`;
    let level = this.#byUrgency.get(key);
    if (level === undefined) {
      level = { key, priority, nesting, jobs: new LinkedList() };
      this.#byUrgency.set(key, level);
      this.#levels.push(level);
    }
    return level;
  }

  #dropEmpty(): void {
    for (
      let { first } = this.#levels;
      first?.jobs.size === 0 && this.#levels.size > 1;
      first = this.#levels.first
    ) {
      this.#levels.shift();
      this.#byUrgency.delete(first.key);
    }
  }
}
