import type { IncomingMessage, ServerResponse } from 'node:http';
import { brand } from '../base/brand.ts';
import { Executor, InvalidOptionError } from '../index.ts';
import type { Future, Task, TaskOptions } from '../index.ts';
import { show } from '../base/options.ts';
import { know } from './connections.ts';
import { resolveGateOptions } from './gate-options.ts';
import type { GateOptions, ResolvedGateOptions } from './gate-options.ts';
import type { Interrupts } from './interrupts.ts';
import { OverloadPolicy } from './overload-policy.ts';
import type { RequestClass, RequestOptions } from './request-options.ts';
import { RequestTasks } from './request-tasks.ts';

/**
 * Stands before an executor and answers overload at once, instead of letting requests wait longer than their clients do.
 *
 * - A task is refused when its predicted wait and run time exceed what is left of its request's deadline.
 * - When there is no room, tasks of classes below the request's own give up their places: the lowest class first, and of
 *   that the newest. None does if the room would still not be enough.
 * - A task whose deadline passes while it waits is dropped before it runs.
 */
export class OverloadGate {
  readonly #policy: OverloadPolicy;

  static {
    brand(this, 'OverloadGate');
  }

  /** @throws {InvalidOptionError} for an unknown option or a bad value. */
  constructor(executor: Executor, options: GateOptions = {}) {
    if (!(executor instanceof Executor)) {
      const message = `executor must be an Executor, not ${show(executor)}`;
      throw new InvalidOptionError('executor', executor, message);
    }
    this.#policy = new OverloadPolicy(executor, resolveGateOptions(options));
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

  /** For tasks that run on though nobody waits for them. */
  get interrupts(): Interrupts {
    return this.#policy.interrupts;
  }

  /** How many requests and tasks were refused, or gave up their place. */
  get refused(): Record<RequestClass, number> {
    return this.#policy.refused;
  }

  get closing(): boolean {
    return this.#policy.closing;
  }

  /**
   * Begins with a request, at its arrival: the client's deadline counts from here. It costs next to nothing until it hands
   * in work.
   *
   * @throws {InvalidOptionError} for an unknown option or a bad value.
   */
  enter(request: IncomingMessage, response: ServerResponse, options: RequestOptions = {}): RequestTasks {
    know(request);
    return new RequestTasks(this.#policy, request, response, options);
  }

  /**
   * Why work of this class would be refused now; null if it would be admitted. For looking before a body is read: what is
   * handed in is looked at again.
   */
  refusal(requestClass: RequestClass, leftMs: number, task?: Task<unknown>): Error | null {
    return this.#policy.refusal(requestClass, leftMs, task);
  }

  /**
   * Admits a task of a request that has so much time left.
   *
   * @param options laid over the task's own; the gate adds what is its concern: the priority of the class, the deadline
   *   if the task has no shorter one, whether its thread may be ended.
   * @throws {SaturatedError | TaskTimeoutError | ExecutorClosedError} when it is refused, and what `trySubmit` throws.
   */
  admit<R>(requestClass: RequestClass, leftMs: number, task: Task<R>, options: TaskOptions): Future<R> {
    return this.#policy.admit(requestClass, leftMs, task, options);
  }

  /**
   * Stops admission. What can't be expected to end within `closeMs` is cancelled now, what has not ended by then is
   * cancelled then; both are answered with 503. Resolves when no work is left; the executor stays as it is.
   */
  close(): Promise<void> {
    return this.#policy.close();
  }
}
