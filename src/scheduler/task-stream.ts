import type { Task } from '../tasks/task.ts';
import { Fifo } from './fifo.ts';
import type { Future } from './future.ts';
import type { Job, SettlementListener } from './job.ts';
import type { Puller, Scheduler } from './scheduler.ts';
import type { OpenSource } from './task-source.ts';

/** Futures in the order in which they end, or in the order in which their tasks were pulled. */
export type StreamOrder = 'completed' | 'pulled';

const ended = { done: true, value: undefined } as const;

const leftReason = () => new DOMException('The loop over the results was left', 'AbortError');

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
export class TaskStream
  implements SettlementListener, Puller, AsyncIterableIterator<Future<unknown>, undefined>
{
  readonly #scheduler: Scheduler;
  readonly #source: OpenSource<Task<unknown>>;
  readonly #order: StreamOrder;
  readonly #window: number;
  /** In the order of reading: `completed` keeps those that have settled, `pulled` all that were not read. */
  readonly #jobs = new Fifo<Job>();
  readonly #readers = new Fifo<Reader>();
  /** Pulled and not read. */
  #unread = 0;
  /** What the pull under way waits for; null if there is none. */
  #waitsFor: 'place' | 'source' | 'bytes' | null = null;
  #ended = false;
  /** The reader has left: what still runs is nobody's concern here. */
  #left = false;
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
    this.#left = true;
    this.#error = null;
    this.#scheduler.cancelUnclaimed(leftReason(), this);
    while (this.#jobs.shift() !== undefined);
    this.#unread = 0;
    const closed = this.#endSource();
    this.#serve();
    await closed;
    return { done: true, value: undefined };
  }

  /** Called by each job that it pulled. */
  settled(job: Job): void {
    if (this.#left) return;
    if (this.#order === 'completed') this.#jobs.push(job);
    if (this.#readers.size > 0) this.#serve();
  }

  /** The executor shuts down while the source is being waited for, which may be for ever. */
  closed(error: unknown): void {
    this.#fail(error);
  }

  /** Pulls as long as nothing has to be waited for; after a wait it goes on by itself. */
  #pull(): void {
    while (this.#waitsFor === null && !this.#ended && this.#unread < this.#window) {
      if (this.#scheduler.tryReserve()) this.#pullReserved();
      else this.#wait('place', this.#scheduler.reserve(), () => this.#pullReserved());
    }
  }

  /** With a place in hand, which goes back if nothing comes of it. */
  #pullReserved(): void {
    try {
      const step = this.#ended ? ended : this.#source.next();
      if (!(step instanceof Promise)) return this.#pulled(step);
      this.#scheduler.pullers.add(this);
      return this.#wait('source', step, (result) => {
        this.#scheduler.pullers.delete(this);
        this.#pulled(result);
      });
    } catch (error) {
      this.#scheduler.releasePlace();
      return this.#fail(error);
    }
  }

  #pulled(step: IteratorResult<Task<unknown>, unknown>): void {
    if (step.done === true) {
      this.#ended = true;
      return this.#scheduler.releasePlace();
    }
    const job = this.#scheduler.createJob(step.value, step.value.options);
    job.onSettled(this);
    this.#unread++;
    if (this.#order === 'pulled') this.#jobs.push(job);
    const admission = this.#scheduler.admitReserved(job);
    if (admission !== undefined) {
      this.#wait('bytes', admission, () => {
        if (this.#left) this.#scheduler.cancel(job, leftReason(), false);
      });
    }
    return undefined;
  }

  /** Goes on when the wait is over. One that was given up is nobody's concern any more. */
  #wait<T>(what: 'place' | 'source' | 'bytes', promise: Promise<T>, then: (value: T) => void): void {
    this.#waitsFor = what;
    promise.then(
      (value) => {
        if (this.#waitsFor !== what) return;
        this.#waitsFor = null;
        then(value);
        this.#pull();
        this.#serve();
      },
      (error: unknown) => {
        if (this.#waitsFor === what) this.#fail(error);
      },
    );
  }

  #fail(error: unknown): void {
    if (!this.#ended) this.#error = { reason: error };
    this.#endSource().catch(() => {});
    this.#serve();
  }

  /** Lets the source clean up, if it has not ended by itself. */
  async #endSource(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const closed = this.#source.return?.();
    if (this.#waitsFor !== 'source') {
      await closed;
      return;
    }
    // A source in the midst of a pull cleans up when that is done, which may be never: the place is given back now.
    Promise.resolve(closed).catch(() => {});
    this.#waitsFor = null;
    if (this.#scheduler.pullers.delete(this)) this.#scheduler.releasePlace();
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
      else if (this.#ended && this.#unread === 0) this.#finish();
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
