import { ExecutorClosedError } from '../base/errors.ts';
import type { Task } from '../tasks/task.ts';
import type { Job, SettlementListener } from '../scheduler/job/job.ts';
import type { Puller } from '../scheduler/lifecycle.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { StreamResults } from './stream-results.ts';
import type { StreamOrder } from './stream-results.ts';
import type { OpenSource } from '../base/source.ts';

const leftReason = () => new DOMException('The loop over the results was left', 'AbortError');

export interface StreamOptions<T> {
  readonly order: StreamOrder;
  /** In flight or unread at the most. */
  readonly window: number;
  /** What a reader gets of a job that has ended. What it throws is thrown there, and ends the stream. */
  readonly read: (job: Job) => T;
}

/** What a pull waits for. */
interface Wait {
  /** The stream has ended: nobody waits any more. */
  giveUp(): void;
}

/** The source's turn. It can't be interrupted. */
const inSource: Wait = { giveUp() {} };

/**
 * Runs the tasks of a source, and pulls it only as fast as places and the reader allow.
 *
 * ```
 *   source ──pull──→ in flight ──settled──→ unread ──next()──→ reader
 *            └ needs a reserved place, and  in flight + unread < window
 * ```
 * An item is pulled only when its place is reserved, so not even one task waits outside the bound. Only a stream that has
 * to wait gives its place up, or others would wait for what it does not use, perhaps its own source among them (a stream
 * over a stream). That is while its source has nothing yet, and when there is no room for the bytes of what it pulled:
 * this one item then stands in line like any other submission.
 *
 * A slow reader fills the window, and then nothing is pulled: results bound themselves.
 *
 * The source is open, then ended: by itself, by an error, by the reader or by the executor's shutdown. What was in
 * flight is delivered all the same, and an error comes after it.
 */
export class TaskStream<T> implements SettlementListener, Puller, AsyncIterableIterator<T, undefined> {
  readonly #scheduler: Scheduler;
  readonly #source: OpenSource<Task<unknown>>;
  readonly #window: number;
  readonly #read: (job: Job) => T;
  readonly #results: StreamResults<T>;
  readonly #inFlight = new Set<Job>();
  /** What the pull under way waits for: a place, the source, or the admission of its item. Null if there is none. */
  #wait: Wait | null = null;
  #ended = false;
  /** The reader has left: what still runs is nobody's concern here. */
  #left = false;

  constructor(scheduler: Scheduler, source: OpenSource<Task<unknown>>, options: StreamOptions<T>) {
    this.#scheduler = scheduler;
    this.#source = source;
    this.#window = options.window;
    this.#read = options.read;
    this.#results = new StreamResults(options.order, (job) => this.#give(job));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const result = this.#results.readNow();
    this.#pull();
    return result === null ? this.#results.read() : Promise.resolve(result);
  }

  /** Stops pulling, and cancels what it had pulled and no thread has begun. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#left = true;
    this.#scheduler.cancelUnclaimed(leftReason(), this.#inFlight);
    this.#results.drop();
    const closed = this.#endSource();
    this.#results.serve();
    await closed;
    return { done: true, value: undefined };
  }

  /** Called by each job that it has in flight. */
  settled(job: Job): void {
    this.#inFlight.delete(job);
    // Nobody can ask any more what became of it.
    if (this.#left) return job.observe();
    const results = this.#results;
    results.settled(job);
    if (!results.awaited) return;
    const before = results.open;
    results.serve();
    // There is room in the window, and others ask already. Not at once: this may be in the midst of a settlement.
    if (results.open < before && results.awaited) queueMicrotask(() => this.#goOn());
  }

  /** The executor shuts down while the source is being waited for. */
  closed(error: unknown): void {
    this.#fail(error);
  }

  /** Pulls as long as nothing has to be waited for; after a wait it goes on by itself. */
  #pull(): void {
    while (this.#wait === null && !this.#ended && this.#results.open < this.#window) {
      if (this.#scheduler.tryReserve()) this.#pullReserved();
      else this.#waitForPlace();
    }
  }

  #waitForPlace(): void {
    const reservation = this.#scheduler.reserve();
    const wait = { giveUp: () => this.#scheduler.giveUp(reservation) };
    this.#goOnAfter(wait, reservation.promise, () => {
      if (this.#scheduler.state === 'open') this.#pullReserved();
      else this.#scheduler.releasePlace();
    });
  }

  /** With a place in hand. */
  #pullReserved(): void {
    this.#wait = inSource;
    let step;
    try {
      step = this.#source.next();
    } catch (error) {
      this.#scheduler.releasePlace();
      return this.#fail(error);
    }
    if (!(step instanceof Promise)) return this.#pulled(step, true);
    this.#scheduler.releasePlace();
    this.#scheduler.pullers.add(this);
    return this.#goOnAfter(inSource, step, (result) => {
      this.#scheduler.pullers.delete(this);
      this.#pulled(result, false);
    });
  }

  #pulled(step: IteratorResult<Task<unknown>, unknown>, reserved: boolean): void {
    this.#wait = null;
    // It may have been left in the midst of the pull, by the source itself.
    if (step.done === true || this.#ended) {
      this.#ended = true;
      this.#results.end();
      return reserved ? this.#scheduler.releasePlace() : undefined;
    }
    const job = this.#scheduler.createJob(step.value, step.value.options);
    // By a subscriber that has just been told of the task.
    if (this.#left) {
      this.#scheduler.cancel(job, leftReason(), false);
      return reserved ? this.#scheduler.releasePlace() : undefined;
    }
    const admitted = reserved ? this.#scheduler.tryAdmitReserved(job) : this.#scheduler.tryAdmit(job);
    return admitted ? this.#follow(job) : this.#waitForAdmission(job);
  }

  #waitForAdmission(job: Job): void {
    if (job.done) return this.#follow(job);
    const giveUp = () => void this.#scheduler.cancel(job, leftReason(), false);
    const ended = this.#scheduler.waitInStream(job).promise.catch((error: unknown) => {
      // Nobody will be admitted any more. Anything else is how this one task has ended.
      if (job.status === 'rejected' && error instanceof ExecutorClosedError) throw error;
    });
    this.#goOnAfter({ giveUp }, ended, () => this.#follow(job));
  }

  /** From here on the job is in flight. It may have ended already, or never have been admitted. */
  #follow(job: Job): void {
    this.#results.pulled(job);
    if (job.done) return this.settled(job);
    this.#inFlight.add(job);
    return job.onSettled(this);
  }

  /** Goes on when the wait is over, unless it was given up. */
  #goOnAfter<V>(wait: Wait, promise: Promise<V>, then: (value: V) => void): void {
    this.#wait = wait;
    promise.then(
      (value) => {
        if (this.#ended) return;
        this.#wait = null;
        then(value);
        this.#goOn();
      },
      (error: unknown) => {
        if (this.#ended) return;
        this.#wait = null;
        this.#fail(error);
      },
    );
  }

  #goOn(): void {
    this.#pull();
    this.#results.serve();
  }

  #fail(error: unknown): void {
    this.#results.end({ reason: error });
    this.#endSource().catch(() => {});
    this.#results.serve();
  }

  /** Lets the source clean up, if it has not ended by itself. */
  async #endSource(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const wait = this.#wait;
    this.#wait = null;
    wait?.giveUp();
    this.#scheduler.pullers.delete(this);
    const closed = this.#source.return?.();
    if (wait !== inSource) await closed;
    // A source in the midst of a pull cleans up when that is done, which may be never.
    else Promise.resolve(closed).catch(() => {});
  }

  #give(job: Job): IteratorResult<T, undefined> | Promise<never> {
    try {
      return { done: false, value: this.#read(job) };
    } catch (error) {
      return this.#leaveWith(error);
    }
  }

  /** The error comes when the source has cleaned up, whatever becomes of that. */
  async #leaveWith(error: unknown): Promise<never> {
    await this.return().catch(() => {});
    throw error;
  }
}
