import { Readers } from '../base/readers.ts';
import { Ring } from '../base/ring.ts';
import type { Job } from '../scheduler/job/job.ts';

/** Results in the order in which the tasks end, or in the order in which the stream pulled them. */
export type StreamOrder = 'completed' | 'pulled';

type Result<T> = IteratorResult<T, undefined> | Promise<never>;

/** The jobs that a stream has pulled and its reader has not read, and the readers that wait. */
export class StreamResults<T> {
  readonly #order: StreamOrder;
  readonly #give: (job: Job) => Result<T>;
  readonly #over: () => void;
  /** Jobs in the order of reading: with `completed` the settled unread jobs, with `pulled` all unread jobs. */
  readonly #jobs = new Ring<Job>();
  readonly #readers = new Readers<T>();
  /** The job that the reader got last. */
  #inHand: Job | null = null;
  /** Jobs in flight or unread. */
  #open = 0;
  #pulled = 0;
  /** Nothing more will be pulled. */
  #ended = false;
  #error: { readonly reason: unknown } | null = null;

  /** @param over called before a reader gets the end, or the error that ends the stream. */
  constructor(order: StreamOrder, give: (job: Job) => Result<T>, over: () => void) {
    this.#order = order;
    this.#give = give;
    this.#over = over;
  }

  /** Jobs in flight or unread. */
  get open(): number {
    return this.#open;
  }

  /** Jobs pulled so far. */
  get total(): number {
    return this.#pulled;
  }

  get awaited(): boolean {
    return this.#readers.size > 0;
  }

  pulled(job: Job): void {
    this.#open++;
    this.#pulled++;
    if (this.#order === 'pulled') this.#jobs.push(job);
  }

  settled(job: Job): void {
    job.holdFailure(true);
    if (this.#order === 'completed') this.#jobs.push(job);
  }

  /** The next result; null if the reader has to wait for it. */
  readNow(): Result<T> | null {
    const job = this.awaited ? null : this.#take();
    return job === null ? null : this.#give(job);
  }

  read(): Promise<IteratorResult<T, undefined>> {
    const later = this.#readers.wait();
    this.serve();
    return later;
  }

  /** Answers waiting readers, as far as there are results. */
  serve(): void {
    while (this.awaited) {
      const job = this.#take();
      if (job !== null) this.#readers.shift()?.resolve(this.#give(job));
      else if (this.#ended && this.#open === 0) this.#finish();
      else return;
    }
  }

  /** The source has ended. One reader gets the error, after the results of all jobs in flight. */
  end(error: { readonly reason: unknown } | null = null): void {
    if (!this.#ended) this.#error = error;
    this.#ended = true;
  }

  /** Drops all results, whose failures count as read. One further read rejects with the error; all others get the end. */
  drop(error: { readonly reason: unknown } | null): void {
    this.#goOn();
    this.#ended = true;
    this.#error = error;
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) job.observe();
    this.#open = 0;
  }

  #take(): Job | null {
    this.#goOn();
    const job = this.#jobs.first;
    if (job?.done !== true) return null;
    this.#jobs.shift();
    this.#open--;
    this.#inHand = job;
    return job;
  }

  /** The reader goes on: if it has not asked about the failure of the last job by now, it never will. */
  #goOn(): void {
    this.#inHand?.holdFailure(false);
    this.#inHand = null;
  }

  #finish(): void {
    const error = this.#error;
    this.#error = null;
    this.#over();
    this.#readers.end(error);
  }
}
