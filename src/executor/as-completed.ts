import { offAbort, onceAborted } from '../base/on-abort.ts';
import type { Abortable } from '../base/on-abort.ts';
import { InvalidOptionError } from '../base/errors.ts';
import { abortSignal, checkOptions, milliseconds, show } from '../base/options.ts';
import { Timer } from '../base/timer.ts';
import { Readers } from '../base/readers.ts';
import { Ring } from '../base/ring.ts';
import { Future } from '../scheduler/job/future.ts';
import type { Job, SettlementListener } from '../scheduler/job/job.ts';

/** Options of `asCompleted()`. */
export interface AsCompletedOptions {
  /**
   * Milliseconds from the call, from 0 to 2,147,483,647; if a future is unfinished then, the loop throws a `DOMException` named
   * `TimeoutError`, after the finished futures. Default: no limit.
   */
  readonly timeoutMs?: number;
  /** Ends the loop with the signal's reason. The tasks go on. */
  readonly signal?: AbortSignal;
}

/**
 * Yields each future once, in the order in which the futures end: those that have ended come first; failed and cancelled futures
 * are yielded, too. A future given twice is yielded once. Leaving the loop early does not affect the tasks.
 *
 * The counterpart of Python's `concurrent.futures.as_completed`. For tasks that are not submitted yet use
 * `executor.asCompleted()`, which needs no list.
 *
 * @throws {InvalidOptionError} at once for a bad option, and for a value that is not a future.
 */
export function asCompleted<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: AsCompletedOptions = {},
): AsyncIterableIterator<F, undefined> {
  const checked = checkOptions('asCompleted option', options, checks);
  return new Completions(jobsOf(futures), checked) as AsyncIterableIterator<
    Future<unknown>,
    undefined
  > as never;
}

const checks = { timeoutMs: milliseconds, signal: abortSignal };

/**
 * The distinct jobs behind these futures.
 *
 * @throws {InvalidOptionError} for anything that is not an iterable of futures.
 */
export function jobsOf(futures: Iterable<Future<unknown>>): Set<Job> {
  return new Set(jobsIn(futures));
}

/**
 * The jobs behind these futures, one by one.
 *
 * @throws {InvalidOptionError} at once for anything that is not iterable, and when it reaches what is not a future.
 */
export function jobsIn(futures: Iterable<Future<unknown>>): Iterable<Job> {
  if (typeof futures?.[Symbol.iterator] !== 'function') {
    throw noFutures(futures, `futures must be an iterable of futures, not ${show(futures)}`);
  }
  return jobsBehind(futures);
}

function* jobsBehind(futures: Iterable<Future<unknown>>): Generator<Job, undefined> {
  for (const future of futures) {
    if (!(future instanceof Future)) throw noFutures(future, `not a future: ${show(future)}`);
    yield Future.jobOf(future);
  }
}

const noFutures = (value: unknown, message: string) => new InvalidOptionError('futures', value, message);

class Completions
  implements SettlementListener, Abortable, AsyncIterableIterator<Future<unknown>, undefined>
{
  readonly #unfinished: Set<Job>;
  readonly #finished = new Ring<Job>();
  readonly #readers = new Readers<Future<unknown>>();
  /** The job whose future the reader got last. */
  #inHand: Job | undefined = undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: Timer | undefined;
  #end: { readonly reason: unknown } | null = null;

  constructor(jobs: Set<Job>, { timeoutMs, signal }: AsCompletedOptions) {
    this.#unfinished = jobs;
    for (const job of jobs) {
      if (job.done) this.settled(job);
      else job.onSettled(this);
    }
    this.#signal = signal;
    onceAborted(signal, this);
    // The timer keeps the process alive: the reader waits for it, perhaps with nothing else going on.
    if (timeoutMs !== undefined && this.#unfinished.size > 0) {
      this.#timer = new Timer(timeoutMs, () => this.#fail(this.#timedOut(timeoutMs)));
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Future<unknown>, undefined>> {
    const later = this.#readers.wait();
    this.#serve();
    return later;
  }

  return(): Promise<IteratorResult<Future<unknown>, undefined>> {
    this.#dispose();
    while (this.#take() !== undefined);
    this.#serve();
    return Promise.resolve({ done: true, value: undefined });
  }

  settled(job: Job): void {
    this.#unfinished.delete(job);
    this.#finished.push(job);
    job.holdFailure(true);
    // The timeout is for unfinished futures, not for a slow reader.
    if (this.#unfinished.size === 0) this.#timer?.cancel();
    this.#serve();
  }

  /** Takes the next finished job. A reader that goes on without asking about a failure never will: it is held no longer. */
  #take(): Job | undefined {
    this.#inHand?.holdFailure(false);
    return (this.#inHand = this.#finished.shift());
  }

  #serve(): void {
    while (this.#readers.size > 0) {
      const job = this.#take();
      if (job !== undefined) this.#readers.shift()?.resolve({ done: false, value: Future.of(job) });
      else if (this.#end !== null || this.#unfinished.size === 0) this.#finish();
      else return;
    }
  }

  #finish(): void {
    const error = this.#end;
    this.#end = null;
    this.#dispose();
    this.#readers.end(error);
  }

  /** Ends the loop with this reason, after the finished futures. */
  #fail(reason: unknown): void {
    this.#end = { reason };
    this.#serve();
  }

  /** The signal in the options has aborted. */
  aborted(reason: unknown): void {
    this.#fail(reason);
  }

  #timedOut(timeoutMs: number): DOMException {
    const count = this.#unfinished.size;
    const message = `${count} ${count === 1 ? 'future was' : 'futures were'} unfinished after ${timeoutMs} ms`;
    return new DOMException(message, 'TimeoutError');
  }

  /** Removes the timer and all listeners: nothing here outlives the loop. */
  #dispose(): void {
    this.#timer?.cancel();
    if (this.#signal !== undefined) offAbort(this.#signal, this);
    for (const job of this.#unfinished) job.offSettled(this);
    this.#unfinished.clear();
  }
}
