import type { IncomingMessage, ServerResponse } from 'node:http';
import { TaskTimeoutError } from '../index.ts';
import type { Future, Task, TaskOptions } from '../index.ts';
import { Client, clientGone } from './client.ts';
import { cutOff } from './cut-off.ts';
import { sayable, toHttpError } from './http-error.ts';
import type { OverloadPolicy } from './overload-policy.ts';
import { RequestDeadline } from './request-deadline.ts';
import { checkRequestOptions, priorityOf } from './request-options.ts';
import type { RequestClass, RequestOptions } from './request-options.ts';

let enterAgain: (tasks: RequestTasks, options: RequestOptions) => RequestTasks;

/**
 * The tasks of the same request with the options of its route, once the route is known. The client's deadline still counts from
 * the request's arrival.
 *
 * @throws {InvalidOptionError} for an unknown option or a bad value.
 */
export function forRoute(tasks: RequestTasks, options: RequestOptions): RequestTasks {
  return enterAgain(tasks, options);
}

/** Runs the tasks of one request, with its class and within its deadline, as long as its client is connected. */
export class RequestTasks {
  static {
    enterAgain = (tasks, options) =>
      new RequestTasks(tasks.#policy, tasks.#request, tasks.#response, options, tasks.#deadline.arrivedAt);
  }

  readonly class: RequestClass;
  readonly #policy: OverloadPolicy;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #client: Client;
  readonly #deadline: RequestDeadline;
  #signal: AbortSignal | undefined;
  readonly #futures = new Set<Future<unknown>>();
  #watched = false;

  /** Internal: comes from `OverloadGate.enter()`. */
  constructor(
    policy: OverloadPolicy,
    request: IncomingMessage,
    response: ServerResponse,
    options: RequestOptions,
    arrivedAt?: number,
  ) {
    const { class: requestClass = 'normal', deadlineMs = Infinity } = checkRequestOptions(options);
    this.class = requestClass;
    this.#policy = policy;
    this.#request = request;
    this.#response = response;
    this.#client = new Client(request, response);
    const { deadlineHeader, deadlineMs: gateMs } = policy.options;
    const serverMs = Math.min(deadlineMs, gateMs);
    this.#deadline = new RequestDeadline(request.headers, deadlineHeader, serverMs, arrivedAt);
  }

  /**
   * Milliseconds until the deadline; at most 0 once it has passed.
   *
   * @throws {HttpError} 400 for a deadline header that is no whole number of milliseconds.
   */
  get leftMs(): number {
    return this.#deadline.leftMs;
  }

  /** Has the client closed the connection before the answer? */
  get gone(): boolean {
    return this.#client.gone;
  }

  /**
   * Aborts when the client closes the connection before the answer, with the `HttpError` 499 with which `run()` rejects; already
   * aborted if the client has gone. For work outside of tasks, such as reading the body or streaming the answer.
   */
  get signal(): AbortSignal {
    if (this.#signal !== undefined) return this.#signal;
    const controller = new AbortController();
    this.#signal = controller.signal;
    this.#client.onOver(() => {
      if (this.gone) controller.abort(clientGone());
    });
    return this.#signal;
  }

  /**
   * Resolves when the request is over: its answer has been handed to the platform, or its client has gone; at once if it is over
   * already. Never rejects. (Use it instead of the response's `close` event, which may have passed, and which Node never emits for a
   * request pipelined behind one that is unanswered when the client goes.)
   */
  get over(): Promise<void> {
    return new Promise((resolve) => this.#client.onOver(resolve));
  }

  /**
   * Refuses the request early; call it before reading the body. A request that passes may still be refused when it submits a task.
   *
   * @throws {HttpError} 503 with `Retry-After` if work of this request would be refused now; 400 for a deadline header
   *   that is no whole number of milliseconds.
   */
  check(): void {
    try {
      this.#policy.check(this.class, this.leftMs);
    } catch (error) {
      throw this.#answerTo(error);
    }
  }

  /**
   * Runs a task for this request, and resolves to its result. Refuses the task at once if it can't end within the deadline, drops it
   * if the deadline passes before it begins, and cancels it when the client goes away.
   *
   * Rejects with an `HttpError` that frameworks answer by themselves (503 with `Retry-After`; 499 for a client that has gone), or
   * with the error that the task throws.
   *
   * @param options override the task's own. `priority` orders within the request's class. A `deadlineMs` of the task itself holds
   *   if it is shorter than the request's. `onDisconnect` of the gate decides whether the task's thread may be ended: an `interrupt`
   *   of the task is ignored. A bad option rejects with `InvalidOptionError`.
   */
  async run<R>(task: Task<R>, options: Omit<TaskOptions, 'deadlineMs' | 'interrupt'> = {}): Promise<R> {
    try {
      return await this.#run(task, options);
    } catch (error) {
      throw this.#answerTo(error);
    }
  }

  async #run<R>(task: Task<R>, options: TaskOptions): Promise<R> {
    this.#deadline.start();
    if (this.gone) throw clientGone();
    const future = this.#policy.admit(this.class, this.leftMs, task, options);
    this.#watchClient();
    this.#futures.add(future);
    try {
      return await future.result();
    } catch (error) {
      if (error instanceof TaskTimeoutError) this.#interrupt(future);
      throw error;
    } finally {
      this.#futures.delete(future);
    }
  }

  /** The error to throw for an executor's error. Bounds the time for which a refused body may continue. */
  #answerTo(error: unknown): unknown {
    const { waitMs } = this.#policy.executor.forecast({ priority: priorityOf(this.class, 0) });
    const answer = toHttpError(error, waitMs);
    if (answer === null) return error;
    if (answer.statusCode === 503) this.#policy.refused[this.class]++;
    cutOff(this.#request, this.#response);
    return sayable(answer, this.#request);
  }

  /** One listener for the request, however many tasks it has. */
  #watchClient(): void {
    if (this.#watched) return;
    this.#watched = true;
    this.#client.onOver(() => {
      if (this.gone) this.#disconnected();
    });
  }

  #disconnected(): void {
    const reason = clientGone();
    for (const future of this.#futures) {
      if (this.#policy.options.onDisconnect === 'queued' && future.state === 'running') continue;
      future.cancel(reason);
      this.#interrupt(future);
    }
  }

  /** Ends the thread of a cancelled or expired task, if it still runs. */
  #interrupt(future: Future<unknown>): void {
    if (this.#policy.options.onDisconnect === 'interrupt') this.#policy.interrupts.end(future);
  }
}
