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

/** The work of one request: has its class, its deadline and its client. */
export class RequestTasks {
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
  ) {
    const { class: requestClass = 'normal', deadlineMs = Infinity } = checkRequestOptions(options);
    this.class = requestClass;
    this.#policy = policy;
    this.#request = request;
    this.#response = response;
    this.#client = new Client(request, response);
    const { deadlineHeader, deadlineMs: gateMs } = policy.options;
    this.#deadline = new RequestDeadline(request.headers, deadlineHeader, Math.min(deadlineMs, gateMs));
  }

  /**
   * Milliseconds until the deadline; not more than 0 once it has passed.
   *
   * @throws {HttpError} 400 for a deadline header that is no number of milliseconds.
   */
  get leftMs(): number {
    return this.#deadline.leftMs;
  }

  /** Has the client closed the connection before it was answered? */
  get gone(): boolean {
    return this.#client.gone;
  }

  /**
   * Aborts when the client closes the connection before it was answered, with the `HttpError` 499 that `run()` rejects
   * with; aborted already if it has. For what is not a task: a body that is read, an answer that is streamed.
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
   * Resolves when the request is over: its answer has been handed to the platform, or its client has gone. It is never too
   * late to ask, and it never rejects. (The response's own `close` may have been missed, and never comes for a request that
   * was pipelined behind one that is not answered when the client goes.)
   */
  get over(): Promise<void> {
    return new Promise((resolve) => this.#client.onOver(resolve));
  }

  /**
   * For use before the body is read. What passes may still be refused when it hands in its work.
   *
   * @throws {HttpError} 503 with `Retry-After` if work of this request would be refused now; 400 for a deadline header
   *   that is no number of milliseconds.
   */
  check(): void {
    try {
      const refusal = this.#policy.refusal(this.class, this.leftMs);
      if (refusal !== null) throw refusal;
    } catch (error) {
      throw this.#answerTo(error);
    }
  }

  /**
   * Runs a task for this request: refused at once when it can't be done within the deadline, dropped when the deadline
   * passes before it began, cancelled when the client goes away.
   *
   * Rejects with an `HttpError` that frameworks answer by themselves (503 with `Retry-After`; 499, which nobody will see,
   * for a client that has gone), or with what the task threw.
   *
   * @param options laid over the task's own. `priority` orders within the request's class. A `deadlineMs` of the task's own
   *   holds if it is shorter than the request's; whether its thread may be ended for it is the gate's to say
   *   (`onDisconnect`), and an `interrupt` counts for nothing. A bad option rejects with `InvalidOptionError`.
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

  /** What is thrown for an error. A refused body may go on for a while, but not for ever. */
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

  /** Nobody waits any more for what has been cancelled or has expired, but a thread may be at it. */
  #interrupt(future: Future<unknown>): void {
    if (this.#policy.options.onDisconnect === 'interrupt') this.#policy.interrupts.end(future);
  }
}
