import { Fifo } from '../base/fifo.ts';
import type { Job } from '../scheduler/job/job.ts';

/** In the order in which the tasks end, or in the order in which they were pulled. */
export type StreamOrder = 'completed' | 'pulled';

interface Reader<T> {
  resolve(result: IteratorResult<T, undefined> | Promise<never>): void;
  reject(reason: unknown): void;
}

type Result<T> = IteratorResult<T, undefined> | Promise<never>;

/** What a stream has pulled and nobody has read yet, and the readers that wait for it. */
export class StreamResults<T> {
  readonly #order: StreamOrder;
  readonly #give: (job: Job) => Result<T>;
  /** In the order of reading: `completed` keeps those that have settled, `pulled` all that were not read. */
  readonly #jobs = new Fifo<Job>();
  readonly #readers = new Fifo<Reader<T>>();
  /** In flight or unread. */
  #open = 0;
  /** Nothing more will be pulled. */
  #ended = false;
  #error: { readonly reason: unknown } | null = null;

  constructor(order: StreamOrder, give: (job: Job) => Result<T>) {
    this.#order = order;
    this.#give = give;
  }

  /** Jobs in flight or unread. */
  get open(): number {
    return this.#open;
  }

  get awaited(): boolean {
    return this.#readers.size > 0;
  }

  pulled(job: Job): void {
    this.#open++;
    if (this.#order === 'pulled') this.#jobs.push(job);
  }

  settled(job: Job): void {
    if (this.#order === 'completed') this.#jobs.push(job);
  }

  /** What is there to read at once; null if the reader has to wait. */
  readNow(): Result<T> | null {
    const job = this.awaited ? null : this.#take();
    return job === null ? null : this.#give(job);
  }

  read(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.serve();
    });
  }

  /** Answers those who wait, as far as there is something to tell. */
  serve(): void {
    while (this.awaited) {
      const job = this.#take();
      if (job !== null) this.#readers.shift()?.resolve(this.#give(job));
      else if (this.#ended && this.#open === 0) this.#finish();
      else return;
    }
  }

  /** Nothing more will be pulled. One reader gets the error, after everything that was in flight. */
  end(error: { readonly reason: unknown } | null = null): void {
    if (!this.#ended) this.#error = error;
    this.#ended = true;
  }

  /** Whoever reads on is at the end. What was there is read by nobody, on purpose. */
  drop(): void {
    this.#ended = true;
    this.#error = null;
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) job.observe();
    this.#open = 0;
  }

  #take(): Job | null {
    const job = this.#jobs.first;
    if (job?.done !== true) return null;
    this.#jobs.shift();
    this.#open--;
    return job;
  }

  #finish(): void {
    const reader = this.#readers.shift();
    const error = this.#error;
    this.#error = null;
    if (error === null) reader?.resolve({ done: true, value: undefined });
    else reader?.reject(error.reason);
  }
}
