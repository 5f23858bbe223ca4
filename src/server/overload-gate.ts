import type { IncomingMessage, ServerResponse } from 'node:http';
import { brand } from '../base/brand.ts';
import { Executor, InvalidOptionError } from '../index.ts';
import type { Future, Task, TaskOptions } from '../index.ts';
import { show } from '../base/options.ts';
import { know } from './connections.ts';
import { resolveGateOptions } from './gate-options.ts';
import type { GateOptions, ResolvedGateOptions } from './gate-options.ts';
import { OverloadPolicy } from './overload-policy.ts';
import type { RequestClass, RequestOptions } from './request-options.ts';
import { RequestTasks } from './request-tasks.ts';

/**
 * Admits or refuses the requests of an executor: refuses at once under overload, instead of letting requests wait longer than
 * their clients do.
 *
 * - The gate refuses a task when its forecast wait and run time exceed the time until its request's deadline.
 * - When there is no room, the gate evicts waiting tasks of classes below the request's own: the lowest class first, its newest
 *   task first. It evicts none if that would not make enough room.
 * - A task whose deadline passes while it waits is dropped before it runs.
 */
export class OverloadGate {
  readonly #policy: OverloadPolicy;

  static {
    brand(this, 'OverloadGate');
  }

  /**
   * Starts every thread of the executor, so that no request waits for a boot. The executor stays the caller's to shut down.
   *
   * @throws {InvalidOptionError} for an unknown option or a bad value.
   */
  constructor(executor: Executor, options: GateOptions = {}) {
    if (!(executor instanceof Executor)) {
      const message = `executor must be an Executor, not ${show(executor)}`;
      throw new InvalidOptionError('executor', executor, message);
    }
    this.#policy = new OverloadPolicy(executor, resolveGateOptions(options));
    // Requests and the health check tell if the threads can't start.
    executor.ready().catch(() => {});
  }

  /** The gate itself. @throws {InvalidOptionError} for anything else. */
  static check(gate: OverloadGate): OverloadGate {
    if (gate instanceof OverloadGate) return gate;
    throw new InvalidOptionError('gate', gate, `gate must be an OverloadGate, not ${show(gate)}`);
  }

  get executor(): Executor {
    return this.#policy.executor;
  }

  get options(): ResolvedGateOptions {
    return this.#policy.options;
  }

  /** The number of requests and tasks that were refused or evicted so far, by class. */
  get refused(): Readonly<Record<RequestClass, number>> {
    return Object.freeze({ ...this.#policy.refused });
  }

  get closing(): boolean {
    return this.#policy.closing;
  }

  /**
   * Starts tracking a request. Call it when the request arrives: the client's deadline counts from here. Costs next to nothing
   * until the request submits a task.
   *
   * @throws {InvalidOptionError} for an unknown option or a bad value.
   */
  enter(request: IncomingMessage, response: ServerResponse, options: RequestOptions = {}): RequestTasks {
    know(request);
    return new RequestTasks(this.#policy, request, response, options);
  }

  /**
   * The error with which a task of this class would be refused now; null if it would be admitted. For a check before the body is
   * read: the gate checks again when the task is submitted.
   */
  refusal(requestClass: RequestClass, leftMs: number, task?: Task<unknown>): Error | null {
    return this.#policy.refusal(requestClass, leftMs, task);
  }

  /**
   * Admits a task of a request.
   *
   * @param leftMs milliseconds until the request's deadline.
   * @param options override the task's own. The gate adds the priority of the class, the deadline if the task has no shorter one,
   *   and whether the task's thread may be ended.
   * @throws {SaturatedError | TaskTimeoutError | ExecutorClosedError} if the task is refused, and the errors of `trySubmit`.
   */
  admit<R>(requestClass: RequestClass, leftMs: number, task: Task<R>, options: TaskOptions): Future<R> {
    return this.#policy.admit(requestClass, leftMs, task, options);
  }

  /**
   * Stops admission. Cancels tasks that can't be expected to end within `closeMs` now, and tasks that have not ended by then at
   * that time; both are answered with 503. Resolves when no work is left. Does not shut the executor down.
   */
  close(): Promise<void> {
    return this.#policy.close();
  }
}
