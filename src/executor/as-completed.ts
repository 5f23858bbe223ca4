import { offAbort, onAbort } from '../base/on-abort.ts';
import type { Abortable } from '../base/on-abort.ts';
import { abortSignal, checkOptions, milliseconds, show } from '../base/options.ts';
import { Timer } from '../base/timer.ts';
import { Fifo } from '../base/fifo.ts';
import { Future } from '../scheduler/job/future.ts';
import type { Job, SettlementListener } from '../scheduler/job/job.ts';

export interface AsCompletedOptions {
  /** Milliseconds from the call; then a `DOMException` named `TimeoutError` is thrown. Default: none. */
  readonly timeoutMs?: number;
  /** Ends the loop with its reason. The futures go on. */
  readonly signal?: AbortSignal;
}

/**
 * Yields each future once, in the order in which they end: finished ones first, failed and cancelled ones too. A
 * future given twice is yielded once. Leaving the loop early touches nothing.
 *
 * The JavaScript counterpart of Python's `concurrent.futures.as_completed`. Over tasks that are not submitted yet use
 * `executor.asCompleted()`, which needs no list.
 *
 * @throws {InvalidOptionError} at once for a bad option, `TypeError` for something that is not a future.
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
 * @throws {TypeError} for anything that is not an iterable of futures.
 */
export function jobsOf(futures: Iterable<Future<unknown>>): Set<Job> {
  const jobs = new Set<Job>();
  if (typeof futures?.[Symbol.iterator] !== 'function') {
    throw new TypeError(`futures must be an iterable of futures, not ${show(futures)}`);
  }
  for (const future of futures) {
    if (!(future instanceof Future)) throw new TypeError(`not a future: ${show(future)}`);
    jobs.add(Future.jobOf(future));
  }
  return jobs;
}

interface Reader {
  resolve(result: IteratorResult<Future<unknown>, undefined>): void;
  reject(reason: unknown): void;
}

class Completions
  implements SettlementListener, Abortable, AsyncIterableIterator<Future<unknown>, undefined>
{
  readonly #unfinished: Set<Job>;
  readonly #finished = new Fifo<Job>();
  readonly #readers = new Fifo<Reader>();
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
    if (signal?.aborted === true) this.aborted(signal.reason);
    else if (signal !== undefined) onAbort(signal, this);
    // Not unreferenced: somebody waits for this time-out, perhaps with nothing else going on.
    if (timeoutMs !== undefined && this.#unfinished.size > 0) {
      this.#timer = new Timer(timeoutMs, () => this.#fail(this.#timedOut(timeoutMs)));
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Future<unknown>, undefined>> {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#serve();
    });
  }

  return(): Promise<IteratorResult<Future<unknown>, undefined>> {
    this.#dispose();
    while (this.#finished.shift() !== undefined);
    this.#serve();
    return Promise.resolve({ done: true, value: undefined });
  }

  settled(job: Job): void {
    this.#unfinished.delete(job);
    this.#finished.push(job);
    // A time-out is about what has not finished, not about a slow reader.
    if (this.#unfinished.size === 0) this.#timer?.cancel();
    this.#serve();
  }

  #serve(): void {
    while (this.#readers.size > 0) {
      const job = this.#finished.shift();
      if (job !== undefined) this.#readers.shift()?.resolve({ done: false, value: Future.of(job) });
      else if (this.#end !== null) {
        this.#readers.shift()?.reject(this.#end.reason);
        this.#end = null;
        this.#dispose();
      } else if (this.#unfinished.size === 0) {
        this.#dispose();
        this.#readers.shift()?.resolve({ done: true, value: undefined });
      } else return;
    }
  }

  /** What had finished is yielded first. */
  #fail(reason: unknown): void {
    this.#end = { reason };
    this.#serve();
  }

  /** By the signal in the options. */
  aborted(reason: unknown): void {
    this.#fail(reason);
  }

  #timedOut(timeoutMs: number): DOMException {
    const count = this.#unfinished.size;
    const message = `${count} ${count === 1 ? 'future was' : 'futures were'} unfinished after ${timeoutMs} ms`;
    return new DOMException(message, 'TimeoutError');
  }

  /** Listens no more: nothing here outlives the loop. */
  #dispose(): void {
    this.#timer?.cancel();
    if (this.#signal !== undefined) offAbort(this.#signal, this);
    for (const job of this.#unfinished) job.offSettled(this);
    this.#unfinished.clear();
  }
}
