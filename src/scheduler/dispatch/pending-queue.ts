import { Heap } from '../../base/heap.ts';
import type { Job } from '../job/job.ts';
import { LinkedList } from '../../base/linked-list.ts';

interface Level {
  readonly key: number | string;
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
 * One list per level in use, and the levels in a heap: adding and removing cost O(1) within a level, and a logarithm of the levels
 * where one is new or used up; there is nearly always just one. A level that runs empty behind others stays until it comes first.
 *
 * Invariant: the first level is not empty, unless it is the only one.
 */
export class PendingQueue {
  readonly #levels = new Heap<Level>(isBefore);
  readonly #byUrgency = new Map<number | string, Level>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(job: Job): void {
    this.#levelFor(job).jobs.push(job);
    this.#size++;
    this.#dropEmpty();
  }

  /** Puts back a job that had been taken out: before all others of its level. */
  unshift(job: Job): void {
    this.#levelFor(job).jobs.unshift(job);
    this.#size++;
    this.#dropEmpty();
  }

  /** The job to dispatch next. */
  peek(): Job | null {
    return this.#levels.first?.jobs.first ?? null;
  }

  /** Takes out a job; one that has been taken out already is left alone. */
  remove(job: Job): void {
    if (job.list === null) return;
    (job.list as LinkedList<Job>).remove(job);
    this.#size--;
    this.#dropEmpty();
  }

  /** In the order of dispatch. Do not add or remove meanwhile. */
  *[Symbol.iterator](): Generator<Job> {
    const levels = this.#levels.items.toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
    for (const { jobs } of levels) yield* jobs;
  }

  #levelFor(job: Job): Level {
    const { first } = this.#levels;
    if (first !== undefined && isEqual(first, job)) return first;
    const { priority, depth } = job;
    const key = depth === 0 ? priority : `${priority} ${depth}`;
    let level = this.#byUrgency.get(key);
    if (level === undefined) {
      level = { key, priority, depth, jobs: new LinkedList() };
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
