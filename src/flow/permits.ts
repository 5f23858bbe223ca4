import { FlowClosedError } from '../base/errors.ts';
import { Line } from './line.ts';

/** What a waiter asks for, and what it gets. */
export interface Request<A> {
  readonly n: number;
  /** Called at the moment of the grant, so that nobody can come in between. */
  readonly grant: () => A;
}

/**
 * The mechanism under `Semaphore` and `Channel`: so many permits, given out first come, first served. (tokio builds its
 * semaphore and its channel on one such thing as well, its `batch_semaphore`.)
 *
 * Nobody overtakes, also not a small request a large one: otherwise a stream of small ones would keep the large one out for
 * ever.
 *
 * Open, then closed: nothing more is taken, what is held may be given back.
 *
 * Invariants: `taken ≤ total` but for what was taken before `total` was lowered; while anybody waits, the first in line does
 * not fit.
 */
export class Permits {
  readonly #name: string;
  readonly #line = new Line<Request<unknown>, unknown>(() => this.#grantNext());
  #total: number;
  #taken = 0;
  #granting = false;
  #closed = false;

  /** @param name what is closed, in the error that says so. */
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

  /** Takes so many if nobody waits and they are free. */
  tryTake(n: number): boolean {
    if (this.#taken + n > this.#total || this.#line.size > 0 || this.#closed) return false;
    this.#taken += n;
    return true;
  }

  /** Waits in line. Who may not need to wait calls `tryTake` before. */
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

  /** Sends everybody in line away, in order. */
  close(): void {
    this.#closed = true;
    for (let waiter = this.#line.shift(); waiter !== undefined; waiter = this.#line.shift()) {
      waiter.refuse(this.closedError());
    }
  }

  #grantNext(): void {
    // Whoever is granted something may give it back at once: the loop that is under way goes on, or a long line of such
    // callers would be as deep a recursion.
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
