import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { brandError } from '../base/brand.ts';
import { ExecutorClosedError, MillraceError, SaturatedError, TaskTimeoutError } from '../index.ts';

/**
 * An error that carries its HTTP answer. Fastify, Express and Koa read `statusCode` or `status`, `headers` and `expose` of a
 * thrown error; for `node:http` there is `sendError`.
 */
export class HttpError extends MillraceError {
  static {
    brandError(this, 'HttpError');
  }

  readonly statusCode: number;
  /** Equals `statusCode`, for frameworks that read this name. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The message is meant for the client. */
  readonly expose: boolean = true;

  constructor(
    statusCode: number,
    code: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(code, message, options);
    this.statusCode = statusCode;
    this.status = statusCode;
    this.headers = headers;
  }

  /** The body of the answer, in Fastify's shape. */
  toJSON(): { statusCode: number; code: string; error: string; message: string } {
    const { statusCode, code, message } = this;
    return { statusCode, code, error: STATUS_CODES[statusCode] ?? 'Error', message };
  }
}

/**
 * The HTTP answer to an executor's error, with that error as its `cause`; null for an error that is not about load.
 *
 * | error | answer |
 * |---|---|
 * | `SaturatedError` | 503, `Retry-After` from its `retryAfterMs` |
 * | `TaskTimeoutError` before the task ran | 503, `Retry-After`: the task waited as long as it could |
 * | `TaskTimeoutError` while the task ran | 503 without `Retry-After`: trying again would take as long |
 * | `ExecutorClosedError` | 503, `Retry-After`, `Connection: close`: the server is going away |
 *
 * @param expectedMs milliseconds until there is room again, for an error without `retryAfterMs`. Default 1000.
 */
export function toHttpError(error: unknown, expectedMs?: number): HttpError | null {
  if (error instanceof HttpError) return error;
  const cause = { cause: error };
  if (error instanceof SaturatedError) {
    const message = 'the server has more work than it can do in time';
    return unavailable(error.code, message, error.retryAfterMs ?? expectedMs, cause);
  }
  if (error instanceof TaskTimeoutError) {
    if (error.phase === 'running') {
      return new HttpError(503, error.code, 'the work took longer than its deadline', {}, cause);
    }
    return unavailable(error.code, 'the deadline passed before the work could begin', expectedMs, cause);
  }
  if (error instanceof ExecutorClosedError) {
    const close = { connection: 'close' };
    return unavailable(error.code, 'the server is shutting down', undefined, cause, close);
  }
  return null;
}

/**
 * The value of a `Retry-After` header (RFC 9110, section 10.2.3): whole seconds, at least 1.
 *
 * Callers who were refused together must not come back together, so the time is drawn evenly from once to twice the expected
 * one.
 *
 * @param expectedMs milliseconds until there is room again; undefined if unknown, which counts as 1000.
 * @param random replaced in tests.
 */
export function retryAfterSeconds(
  expectedMs: number | undefined,
  random: () => number = Math.random,
): number {
  const seconds = Math.max(1, Math.ceil((expectedMs ?? 0) / 1000));
  return seconds + Math.floor(random() * (seconds + 1));
}

/** The error without headers that the request's protocol forbids: HTTP/2 has no `Connection`. */
export function sayable(error: HttpError, { httpVersionMajor }: IncomingMessage): HttpError {
  const { connection, ...headers } = error.headers;
  if (connection !== undefined && httpVersionMajor >= 2) {
    return new HttpError(error.statusCode, error.code, error.message, headers, { cause: error.cause });
  }
  return error;
}

function unavailable(
  code: string,
  message: string,
  waitMs: number | undefined,
  cause: ErrorOptions,
  headers: Readonly<Record<string, string>> = {},
): HttpError {
  const retry = { 'retry-after': String(retryAfterSeconds(waitMs)) };
  return new HttpError(503, code, message, { ...retry, ...headers }, cause);
}
