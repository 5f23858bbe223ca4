import type { IncomingMessage, ServerResponse } from 'node:http';
import { TaskTimeoutError } from '../index.ts';
import type { Future, Task, TaskOptions } from '../index.ts';
import { clientDeadlineMs } from './client-deadline.ts';
import { HttpError, toHttpError } from './http-error.ts';
import type { OverloadGate, RequestOptions } from './overload-gate.ts';
import { priorityOf } from './request-class.ts';
import type { RequestClass } from './request-class.ts';

/**
 * The work of one request: has its class, its deadline and its client.
 *
 * ```
 * connected → gone     the client closed the connection before it was answered
 * ```
 */
export class RequestTasks {
  readonly class: RequestClass;
  readonly #gate: OverloadGate;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #deadlineMs: number;
  /** On `performance.now()`'s clock, as the next two. */
  readonly #arrivedAt: number = performance.now();
  /** When the client stops waiting, as it said; undefined until somebody asks. */
  #clientEndsAt: number | undefined;
  /** When the server's own deadline ends, which counts from the first task. */
  #endsAt: number | undefined;
  readonly #futures = new Set<Future<unknown>>();
  #watched = false;

  /** Internal: comes from `OverloadGate.enter()`. */
  constructor(
    gate: OverloadGate,
    request: IncomingMessage,
    response: ServerResponse,
    options: RequestOptions,
  ) {
    this.class = options.class ?? 'normal';
    this.#gate = gate;
    this.#request = request;
    this.#response = response;
    this.#deadlineMs = Math.min(options.deadlineMs ?? Infinity, gate.options.deadlineMs);
  }

  /**
   * Milliseconds until the deadline; not more than 0 once it has passed.
   *
   * @throws {HttpError} 400 for a deadline header that is no number of milliseconds.
   */
  get leftMs(): number {
    const now = performance.now();
    this.#clientEndsAt ??= this.#arrivedAt + this.#clientMs();
    return Math.min(this.#clientEndsAt, this.#endsAt ?? now + this.#deadlineMs) - now;
  }

  /** Has the client closed the connection before it was answered? */
  get gone(): boolean {
    return this.#request.socket.destroyed || (this.#response.destroyed && !this.#response.writableFinished);
  }

  /**
   * For use before the body is read. What passes may still be refused when it hands in its work.
   *
   * @throws {HttpError} 503 with `Retry-After` if work of this request would be refused now; 400 for a deadline header
   *   that is no number of milliseconds.
   */
  check(): void {
    const refusal = this.#gate.refusal(this.class, this.leftMs);
    if (refusal !== null) throw this.#httpError(refusal);
  }

  /**
   * Runs a task for this request: refused at once when it can't be done within the deadline, dropped when the deadline
   * passes before it began, cancelled when the client goes away.
   *
   * Rejects with an `HttpError` that frameworks answer by themselves (503 with `Retry-After`; 499, which nobody will see,
   * for a client that has gone), or with what the task threw.
   *
   * @param options laid over the task's own. `priority` orders within the request's class; `deadlineMs` and `interrupt`
   *   are the request's concern.
   */
  async run<R>(task: Task<R>, options: Omit<TaskOptions, 'deadlineMs' | 'interrupt'> = {}): Promise<R> {
    try {
      return await this.#run(task, options);
    } catch (error) {
      throw this.#httpError(error);
    }
  }

  /** Cancels all that has not settled, as if the client had gone, and what runs as well. */
  cancel(reason: unknown): void {
    for (const future of this.#futures) future.cancel(reason);
  }

  async #run<R>(task: Task<R>, options: TaskOptions): Promise<R> {
    this.#endsAt ??= performance.now() + this.#deadlineMs;
    if (this.gone) throw clientGone();
    const { leftMs } = this;
    if (leftMs <= 0)
      throw new TaskTimeoutError('the deadline had passed before the task was submitted', 'waiting');
    const refusal = this.#gate.refusal(this.class, leftMs, task);
    if (refusal !== null) throw refusal;
    const future = this.#gate.submit(this, task, {
      ...options,
      priority: priorityOf(this.class, options.priority ?? task.options.priority ?? 0),
      deadlineMs: leftMs,
      interrupt: this.#gate.options.onDisconnect === 'interrupt',
    });
    this.#watch();
    this.#futures.add(future);
    const entry = this.#gate.entered(this, future);
    try {
      return await future.result();
    } finally {
      this.#futures.delete(future);
      this.#gate.left(this, entry, this.#futures.size === 0);
    }
  }

  #httpError(error: unknown): unknown {
    const answer = toHttpError(error);
    if (answer?.statusCode === 503) this.#gate.refused[this.class]++;
    return answer ?? error;
  }

  #clientMs(): number {
    const { deadlineHeader } = this.#gate.options;
    if (deadlineHeader === false) return Infinity;
    return clientDeadlineMs(this.#request.headers, deadlineHeader) ?? Infinity;
  }

  /** One listener for the request, however many tasks it has. */
  #watch(): void {
    if (this.#watched) return;
    this.#watched = true;
    this.#response.once('close', () => {
      if (this.gone) this.#disconnected();
    });
  }

  #disconnected(): void {
    const policy = this.#gate.options.onDisconnect;
    const reason = clientGone();
    for (const future of this.#futures) {
      if (policy === 'queued' && future.state === 'running') continue;
      const interrupt = policy === 'interrupt' && future.state === 'running' && this.#gate.interrupts.take();
      future.cancel(reason, { interrupt });
    }
  }
}

/** 499 is nginx's number for it; nobody is there to read it, but logs do. */
function clientGone(): HttpError {
  return new HttpError(499, 'ERR_MILLRACE_CLIENT_GONE', 'the client closed the connection');
}
