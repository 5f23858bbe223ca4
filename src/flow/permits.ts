import { FlowClosedError } from '../base/errors.ts';
import { Line } from './line.ts';

/** The request of a waiter. */
export interface Request<A> {
  readonly n: number;
  /** Called at the moment of the grant, before any other caller can act. Returns the answer. */
  readonly grant: () => A;
}

/**
 * The mechanism under `Semaphore` and `Channel`: a number of permits, granted first come, first served. (tokio builds its
 * semaphore and its channel on one mechanism as well, its `batch_semaphore`.)
 *
 * Strictly FIFO: a small request never overtakes a large one. Otherwise a stream of small requests would starve a large one.
 *
 * Open, then closed: grants nothing more, accepts held permits back.
 *
 * Invariants: `taken ≤ total`, except for permits taken before `total` was lowered; while callers wait, the first in line does not
 * fit.
 */
export class Permits {
  readonly #name: string;
  readonly #line = new Line<Request<unknown>, unknown>(() => this.#grantNext());
  #total: number;
  #taken = 0;
  #granting = false;
  #closed = false;

  /** @param name the closed object in the message of `FlowClosedError`. */
  constructor(total: number, name: string) {
    this.#total = total;
    this.#name = name;
  }

  get total(): number {
    return this.#total;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#line.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  closedError(): FlowClosedError {
    return new FlowClosedError(`the ${this.#name} is closed`);
  }

  /** Takes `n` permits if no caller waits and they are free. */
  tryTake(n: number): boolean {
    if (this.#taken + n > this.#total || this.#line.size > 0 || this.#closed) return false;
    this.#taken += n;
    return true;
  }

  /** Waits in line, even if permits are free: call `tryTake` first. */
  take<A>(request: Request<A>, signal: AbortSignal | undefined): Promise<A> {
    if (this.#closed) return Promise.reject(this.closedError());
    return this.#line.wait(request, signal) as Promise<A>;
  }

  giveBack(n: number): void {
    this.#taken -= n;
    if (this.#line.size > 0) this.#grantNext();
  }

  resize(total: number): void {
    this.#total = total;
    this.#grantNext();
  }

  /** Refuses every caller in line, in order. */
  close(): void {
    this.#closed = true;
    for (let waiter = this.#line.shift(); waiter !== undefined; waiter = this.#line.shift()) {
      waiter.refuse(this.closedError());
    }
  }

  #grantNext(): void {
    // A grant may be given back at once, within this loop: the running loop then continues, or a long line of such callers
    // would recurse as deeply.
    if (this.#granting || this.#closed) return;
    this.#granting = true;
    for (let { first } = this.#line; first !== undefined; first = this.#line.first) {
      const { n, grant } = first.asks;
      if (this.#taken + n > this.#total) break;
      this.#line.shift();
      this.#taken += n;
      first.answer(grant());
    }
    this.#granting = false;
  }
}
