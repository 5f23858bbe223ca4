import type { Task } from '../tasks/task.ts';
import { Fifo } from './fifo.ts';
import type { Future } from './future.ts';
import type { Job, SettlementListener } from './job.ts';
import type { Scheduler } from './scheduler.ts';
import type { OpenSource } from './task-source.ts';

/** Futures in the order in which they end, or in the order in which their tasks were pulled. */
export type StreamOrder = 'completed' | 'pulled';

const ended = { done: true, value: undefined } as const;

interface Reader {
  resolve(result: IteratorResult<Future<unknown>, undefined>): void;
  reject(reason: unknown): void;
}

/**
 * Runs the tasks of a source, and pulls it only as fast as places and the reader allow.
 *
 * ```
 *   source ──pull──→ in flight ──settled──→ unread ──next()──→ reader
 *            └ needs a reserved place, and  in flight + unread < window
 * ```
 * An item is pulled only when its place is already reserved, so not even one task waits outside the bound. A slow
 * reader fills the window, and then nothing is pulled: results bound themselves.
 *
 * The source is open, then ended: by itself, by an error, by the reader or by the executor's shutdown. What was in
 * flight is delivered all the same, and an error comes after it.
 */
export class TaskStream implements SettlementListener, AsyncIterableIterator<Future<unknown>, undefined> {
  readonly #scheduler: Scheduler;
  readonly #source: OpenSource<Task<unknown>>;
  readonly #order: StreamOrder;
  readonly #window: number;
  /** In the order of reading: `completed` keeps those that have settled, `pulled` all that were not read. */
  readonly #jobs = new Fifo<Job>();
  readonly #readers = new Fifo<Reader>();
  /** Pulled and not read. */
  #unread = 0;
  /** A pull that waits for a place, for bytes or for the source. */
  #pulling = false;
  #ended = false;
  #error: { readonly reason: unknown } | null = null;

  constructor(scheduler: Scheduler, source: OpenSource<Task<unknown>>, order: StreamOrder, window: number) {
    this.#scheduler = scheduler;
    this.#source = source;
    this.#order = order;
    this.#window = window;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Future<unknown>, undefined>> {
    const job = this.#readers.size === 0 ? this.#take() : null;
    this.#pull();
    if (job !== null) return Promise.resolve({ done: false, value: job.future });
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#serve();
    });
  }

  /** Stops pulling, and cancels what it had submitted and no thread has begun. */
  async return(): Promise<IteratorResult<Future<unknown>, undefined>> {
    const wasOpen = !this.#ended;
    const wasPulling = this.#pulling;
    this.#ended = true;
    this.#error = null;
    this.#scheduler.cancelUnclaimed(
      new DOMException('The loop over the results was left', 'AbortError'),
      this,
    );
    while (this.#jobs.shift() !== undefined);
    this.#unread = 0;
    this.#serve();
    if (wasOpen) {
      const closed = Promise.resolve(this.#source.return?.());
      // A source that is in the middle of a pull answers when that is done, which may be never.
      if (wasPulling) closed.catch(() => {});
      else await closed;
    }
    return { done: true, value: undefined };
  }

  /** Called by each job that it pulled. */
  settled(job: Job): void {
    if (this.#order === 'completed') this.#jobs.push(job);
    if (this.#readers.size > 0) this.#serve();
  }

  /** Pulls as long as nothing has to be waited for; after a wait it goes on by itself. */
  #pull(): void {
    while (!this.#pulling && !this.#ended && this.#unread < this.#window) {
      try {
        const wait = this.#scheduler.tryReserve()
          ? this.#pullReserved()
          : this.#scheduler.reserve().then(() => this.#pullReserved());
        if (wait === undefined) continue;
        this.#pulling = true;
        wait.then(
          () => this.#goOn(),
          (error: unknown) => this.#fail(error),
        );
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  #goOn(): void {
    this.#pulling = false;
    this.#pull();
    this.#serve();
  }

  #fail(error: unknown): void {
    this.#pulling = false;
    if (!this.#ended) this.#error = { reason: error };
    this.#ended = true;
    this.#serve();
  }

  /** With a place in hand, which goes back if nothing comes of it. */
  #pullReserved(): Promise<void> | undefined {
    const giveBack = (error: unknown): never => {
      this.#scheduler.releasePlace();
      throw error;
    };
    try {
      const step = this.#ended ? ended : this.#source.next();
      if (step instanceof Promise) return step.then((result) => this.#pulled(result), giveBack);
      return this.#pulled(step);
    } catch (error) {
      return giveBack(error);
    }
  }

  #pulled(step: IteratorResult<Task<unknown>, unknown>): Promise<void> | undefined {
    if (step.done === true || this.#ended) {
      this.#ended = true;
      this.#scheduler.releasePlace();
      return undefined;
    }
    const job = this.#scheduler.createJob(step.value, step.value.options);
    job.onSettled(this);
    this.#unread++;
    if (this.#order === 'pulled') this.#jobs.push(job);
    return this.#scheduler.admitReserved(job);
  }

  #take(): Job | null {
    const job = this.#jobs.first;
    if (job?.done !== true) return null;
    this.#jobs.shift();
    this.#unread--;
    return job;
  }

  #serve(): void {
    while (this.#readers.size > 0) {
      const job = this.#take();
      if (job !== null) this.#readers.shift()?.resolve({ done: false, value: job.future });
      else if (this.#ended && !this.#pulling && this.#unread === 0) this.#finish();
      else return;
    }
  }

  #finish(): void {
    const reader = this.#readers.shift();
    const error = this.#error;
    this.#error = null;
    if (error === null) reader?.resolve({ done: true, value: undefined });
    else reader?.reject(error.reason);
  }
}
