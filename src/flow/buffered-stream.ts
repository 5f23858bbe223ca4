import type { Outcome } from '../base/outcome.ts';
import { setMaxListeners } from 'node:events';
import { Intake } from './intake.ts';
import type { Taker, Thunk } from './intake.ts';
import { offAbort, onceAborted } from '../base/on-abort.ts';
import type { Abortable } from '../base/on-abort.ts';
import { Readers } from '../base/readers.ts';
import type { OpenSource } from '../base/source.ts';
import { Unread } from './unread.ts';
import type { Entry, ResultStep } from './unread.ts';

interface Settings {
  readonly n: number;
  readonly ordered: boolean;
  readonly outcomes: boolean;
  readonly onLeave: 'abort' | 'wait';
  readonly signal: AbortSignal | undefined;
}

const end = { done: true, value: undefined } as const;

/**
 * ```
 *   source ──pull──→ in flight ──settled──→ unread ──next()──→ reader
 *            └ needs in flight + unread < n
 * ```
 * - `open`: pulls the source, from the first `next()` on.
 * - `ended`: by the source's end or error, or by a failure on its way to the reader. Still delivers the results in flight.
 * - `stopping`: by the reader, a failure in its turn, or the signal. Delivers nothing, and waits for running thunks.
 * - `over`: nothing runs; every further `next()` resolves to the end.
 *
 * Only forward; each state may be skipped. An error is thrown once, on the way into `over`.
 */
export class BufferedStream<T>
  implements AsyncIterableIterator<T | Outcome<T>, undefined>, Abortable, Taker<T>
{
  readonly #intake: Intake<T>;
  readonly #settings: Settings;
  readonly #controller = new AbortController();
  readonly #results: Unread<T>;
  readonly #readers = new Readers<T | Outcome<T>>();
  #state: 'open' | 'ended' | 'stopping' | 'over' = 'open';
  #started = false;
  #running = 0;
  /** Number of items pulled, or being pulled, and not read. */
  #unread = 0;
  #error: { readonly reason: unknown } | null = null;
  #stopped: Promise<void> | null = null;
  #idle: (() => void) | null = null;

  constructor(source: OpenSource<Thunk<T>>, settings: Settings) {
    this.#intake = new Intake(source, this);
    this.#settings = settings;
    this.#results = new Unread(settings.ordered, settings.outcomes);
    // Up to `n` thunks listen to this signal: Node would warn of a leak at more than ten.
    setMaxListeners(0, this.#controller.signal);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<ResultStep<T>> {
    if (!this.#started) this.#start();
    const step = this.#readers.size === 0 ? this.#take() : null;
    if (step !== null) {
      this.#pull();
      return Promise.resolve(step);
    }
    const later = this.#readers.wait();
    this.#advance();
    return later;
  }

  /** Resolves when nothing runs any more. Rejects with an error of the source's own clean-up. */
  async return(): Promise<ResultStep<T>> {
    this.#started = true;
    await this.#stop(new DOMException('The caller left the loop over the results', 'AbortError'));
    return end;
  }

  /** Called by the signal of the options. */
  aborted(reason: unknown): void {
    this.#fail(reason);
  }

  #start(): void {
    this.#started = true;
    onceAborted(this.#settings.signal, this);
  }

  #advance(): void {
    do this.#serve();
    while (this.#pull());
  }

  #serve(): void {
    while (this.#readers.size > 0 && this.#state !== 'stopping') {
      const step = this.#take();
      const { failure } = this.#results;
      if (step !== null) this.#readers.shift()?.resolve(step);
      else if (failure !== null) this.#fail(failure.value);
      else if (this.#state === 'over' || (this.#state === 'ended' && this.#unread === 0)) this.#finish();
      else return;
    }
  }

  #take(): ResultStep<T> | null {
    const step = this.#results.take();
    if (step !== null) this.#unread--;
    return step;
  }

  #finish(): void {
    this.#over();
    const error = this.#error;
    this.#error = null;
    this.#readers.end(error);
  }

  /** Pulls while there is room and the source does not make it wait. Returns true if there may be news for the readers. */
  #pull(): boolean {
    let pulled = false;
    while (this.#state === 'open' && !this.#intake.pulling && this.#unread < this.#settings.n) {
      pulled = true;
      this.#unread++;
      this.#intake.pull();
    }
    return pulled && this.#readers.size > 0;
  }

  /** Called by the intake, like the next two methods. Drops the item if the stream has stopped. */
  pulled(thunk: Thunk<T>): void {
    if (this.#state === 'open') this.#run(thunk);
    else this.#unread--;
  }

  sourceEnded(error: { readonly reason: unknown } | null): void {
    this.#unread--;
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#error = error;
  }

  arrived(): void {
    this.#advance();
  }

  #run(thunk: Thunk<T>): void {
    const entry = this.#results.begin();
    this.#running++;
    this.#call(thunk).then(
      (value) => this.#settled(entry, false, value),
      (reason: unknown) => this.#settled(entry, true, reason),
    );
  }

  /** Turns a synchronous throw into a rejection: a result never arrives while the source is being pulled. */
  #call(thunk: Thunk<T>): Promise<T> {
    try {
      return Promise.resolve(thunk(this.#controller.signal));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #settled(entry: Entry, failed: boolean, value: unknown): void {
    this.#running--;
    if (this.#state === 'stopping') {
      if (this.#running === 0) this.#idle?.();
      return;
    }
    this.#results.settle(entry, failed, value);
    // The failure will be thrown in its turn: later thunks would run for nothing.
    if (failed && !this.#settings.outcomes) this.#endEarly();
    this.#advance();
  }

  #endEarly(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#intake.close().catch(() => {});
  }

  #fail(reason: unknown): void {
    if (this.#state === 'stopping' || this.#state === 'over') return;
    const stopped = this.#stop(reason);
    this.#error = { reason };
    // The error that is being thrown takes precedence over one of the source's clean-up.
    stopped.catch(() => {});
  }

  #stop(reason: unknown): Promise<void> {
    if (this.#stopped !== null) return this.#stopped;
    if (this.#state === 'over') return Promise.resolve();
    const wasOpen = this.#state === 'open';
    this.#state = 'stopping';
    this.#error = null;
    this.#results.clear();
    this.#stopped = this.#whenIdle(wasOpen ? this.#intake.close() : undefined);
    // Last, because a listener may call `return()` at once.
    if (this.#settings.onLeave === 'abort') this.#controller.abort(reason);
    return this.#stopped;
  }

  async #whenIdle(closed: Promise<void> | undefined): Promise<void> {
    closed?.catch(() => {});
    try {
      if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
      await closed;
    } finally {
      this.#over();
      this.#serve();
    }
  }

  #over(): void {
    this.#state = 'over';
    if (this.#settings.signal !== undefined) offAbort(this.#settings.signal, this);
  }
}
