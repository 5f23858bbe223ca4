import type { IncomingMessage, ServerResponse } from 'node:http';
import { ExecutorClosedError, SaturatedError } from '../index.ts';
import type { Executor, Future, Task, TaskOptions } from '../index.ts';
import { resolveGateOptions } from './gate-options.ts';
import type { GateOptions, ResolvedGateOptions } from './gate-options.ts';
import { InterruptBudget } from './interrupt-budget.ts';
import { PendingWork } from './pending-work.ts';
import type { PendingEntry } from './pending-work.ts';
import { priorityOf, requestClasses } from './request-class.ts';
import type { RequestClass } from './request-class.ts';
import { RequestTasks } from './request-tasks.ts';

/** What a route or a handler says about a request. */
export interface RequestOptions {
  /** Default `'normal'`. */
  readonly class?: RequestClass;
  /** Shorter than the gate's, for this request. Milliseconds, at least 1. */
  readonly deadlineMs?: number;
}

/**
 * How much longer than forecast a wait is taken to be. A task that is admitted in vain costs its client the whole
 * deadline; one that is refused too early costs little, since others are in the queue.
 */
const caution = 1.5;

/**
 * Stands before an executor and answers overload at once, instead of letting requests wait longer than their clients do.
 *
 * ```
 * open → closing → closed     closing: nothing is admitted; closed: none of its requests has work left
 * ```
 * - A task is refused when its predicted wait and run time exceed what is left of its request's deadline. While a worker
 *   is idle nothing is: a forecast that is wrong must not keep out the very task that would put it right.
 * - When no place is free, the newest task of the lowest class below the request's own gives up its place.
 * - A task whose deadline passes while it waits is dropped before it runs.
 */
export class OverloadGate {
  readonly executor: Executor;
  readonly options: ResolvedGateOptions;
  readonly interrupts: InterruptBudget;
  /** How many requests and tasks were refused, or gave up their place. */
  readonly refused: Record<RequestClass, number> = { critical: 0, normal: 0, sheddable: 0 };
  readonly #pending: Readonly<Record<RequestClass, PendingWork>> = {
    sheddable: new PendingWork(),
    normal: new PendingWork(),
    critical: new PendingWork(),
  };
  /** Requests that have work which has not settled. */
  readonly #open = new Set<RequestTasks>();
  #closing = false;
  #closeTimer: NodeJS.Timeout | undefined;
  readonly #whenIdle: (() => void)[] = [];

  /** @throws {InvalidOptionError} for an unknown option or a bad value. */
  constructor(executor: Executor, options: GateOptions = {}) {
    this.executor = executor;
    this.options = resolveGateOptions(options);
    this.interrupts = new InterruptBudget(executor.stats().workers);
  }

  get closing(): boolean {
    return this.#closing;
  }

  /**
   * Begins with a request, at its arrival: the client's deadline counts from here. It costs next to nothing until it hands
   * in work.
   */
  enter(request: IncomingMessage, response: ServerResponse, options: RequestOptions = {}): RequestTasks {
    return new RequestTasks(this, request, response, options);
  }

  /**
   * Why work of this class would be refused now; null if it would be admitted. For looking before a body is read: what is
   * handed in is looked at again.
   */
  refusal(requestClass: RequestClass, leftMs: number, task?: Task<unknown>): Error | null {
    if (this.#closing) return new ExecutorClosedError('the server is shutting down');
    const priority = priorityOf(requestClass, 0);
    const {
      waitMs = 0,
      runMs = 0,
      unsettled,
    } = this.executor.forecast(task === undefined ? { priority } : { priority, task });
    if (waitMs > 0 && waitMs * caution + runMs > leftMs) {
      return this.#saturated(
        `expected to wait ${Math.ceil(waitMs)} ms, with ${Math.floor(leftMs)} ms left`,
        waitMs,
      );
    }
    const full = unsettled >= this.executor.capacity && this.#sheddableFor(requestClass) === undefined;
    return full ? this.#full() : null;
  }

  /** Hands in work of a request. @throws {SaturatedError} when it is refused, and what `trySubmit` throws. */
  submit<R>(request: RequestTasks, task: Task<R>, options: TaskOptions): Future<R> {
    for (;;) {
      const future = this.executor.trySubmit(task, options);
      if (future !== null) return future;
      const victim = this.#sheddableFor(request.class);
      if (victim === undefined) throw this.#full();
      victim.cancel(this.#saturated('made room for a request that matters more', this.#drainMs()));
    }
  }

  /** A request has handed in its work; `left` must follow when it has settled. */
  entered(request: RequestTasks, future: Future<unknown>): PendingEntry {
    this.#open.add(request);
    return this.#pending[request.class].add(future);
  }

  left(request: RequestTasks, entry: PendingEntry, isIdle: boolean): void {
    this.#pending[request.class].remove(entry);
    if (isIdle) this.#open.delete(request);
    this.#checkIdle();
  }

  /**
   * Stops admission. What can't begin within `closeMs` is cancelled now, what has not ended by then is cancelled then;
   * both are answered with 503. Resolves when no work is left; the executor stays as it is.
   */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#cancelHopeless();
      if (this.#open.size > 0) {
        this.#closeTimer = setTimeout(() => {
          for (const request of this.#open)
            request.cancel(new ExecutorClosedError('the server has shut down'));
        }, this.options.closeMs);
      }
    }
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve);
      this.#checkIdle();
    });
  }

  #checkIdle(): void {
    if (!this.#closing || this.#open.size > 0) return;
    clearTimeout(this.#closeTimer);
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** Goes through what waits in the order in which it would run. */
  #cancelHopeless(): void {
    const { workers } = this.executor.stats();
    let aheadMs = (this.executor.forecast({ priority: Number.MAX_SAFE_INTEGER }).waitMs ?? 0) * workers;
    for (const requestClass of requestClasses.toReversed()) {
      for (const future of this.#pending[requestClass].waiting()) {
        const { runMs = 0 } = this.executor.forecast({ task: future.task });
        if (aheadMs / workers + runMs > this.options.closeMs) {
          future.cancel(new ExecutorClosedError('the server is shutting down'));
        } else aheadMs += runMs;
      }
    }
  }

  /** The newest of the lowest class below this one: it has waited least, and would wait longest. */
  #sheddableFor(requestClass: RequestClass): Future<unknown> | undefined {
    for (const lower of requestClasses.slice(0, requestClasses.indexOf(requestClass))) {
      const future = this.#pending[lower].newest();
      if (future !== undefined) return future;
    }
    return undefined;
  }

  #drainMs(): number | undefined {
    return this.executor.forecast({ priority: Number.MIN_SAFE_INTEGER }).waitMs;
  }

  #full(): SaturatedError {
    return this.#saturated(`all ${this.executor.capacity} places are taken`, this.#drainMs());
  }

  #saturated(message: string, retryAfterMs: number | undefined): SaturatedError {
    const { unsettled } = this.executor.forecast();
    return new SaturatedError(message, { limit: this.executor.capacity, pending: unsettled, retryAfterMs });
  }
}
