import { Ring } from '../base/ring.ts';
import { Roster } from '../base/roster.ts';
import type { Job } from '../scheduler/job/job.ts';
import { flowOf } from './stream-flows.ts';
import type { IterationFlow } from './iteration-flow.ts';

/**
 * The open jobs of an `ItemStream`, and the job whose item its reader gets next. If `ordered`, the reader gets all items of a job before
 * those of the next; else one item at a time from each job that has some.
 */
export class ReadingOrder {
  readonly open: Roster<Job> = new Roster();
  readonly #ordered: boolean;
  readonly #closed: () => void;
  /** Jobs in the order of reading: all open jobs if `ordered`, else only those that have something to read. */
  readonly #entries = new Ring<Job>();

  /** @param closed called after the reader has read all of a job. */
  constructor(ordered: boolean, closed: () => void) {
    this.#ordered = ordered;
    this.#closed = closed;
  }

  add(job: Job): void {
    this.open.add(job);
    if (this.#ordered) this.#entries.push(job);
  }

  /** The job has something to read. */
  readable(job: Job): void {
    if (this.#ordered) return;
    const flow = flowOf(job);
    if (flow?.isListed === true) return;
    if (flow !== null) flow.isListed = true;
    this.#entries.push(job);
  }

  /** The job to read from; undefined if there is nothing to read. Closes jobs that have nothing more. */
  next(): Job | undefined {
    for (let job = this.#entries.first; job !== undefined; job = this.#entries.first) {
      const flow = flowOf(job);
      if (flow !== null && flow.items.size > 0) return job;
      // The stream does not yield what a generator returns.
      const isThrough = job.done && flow?.isGenerator === true && job.status === 'fulfilled';
      if (job.done && !isThrough) return job;
      if (isThrough) this.close(job);
      else if (this.#ordered) return undefined;
      else this.#passOn(job, flow as IterationFlow);
    }
    return undefined;
  }

  /** Takes an item of the first job, which has some. */
  take(job: Job, flow: IterationFlow): unknown {
    const item = flow.items.take();
    if (!this.#ordered) this.#passOn(job, flow);
    return item;
  }

  /** The reader has read all of the first job. */
  close(job: Job): void {
    this.#entries.shift();
    this.open.delete(job);
    job.holdFailure(false);
    this.#closed();
  }

  /** @returns the jobs that were open. */
  clear(): Job[] {
    const open = [...this.open];
    this.open.clear();
    this.#entries.clear();
    return open;
  }

  /** Moves the first job behind the others, or out of the list if it has nothing to read. */
  #passOn(job: Job, flow: IterationFlow): void {
    this.#entries.shift();
    flow.isListed = flow.items.size > 0 || job.done;
    if (flow.isListed) this.#entries.push(job);
  }
}
