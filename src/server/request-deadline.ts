import type { IncomingHttpHeaders } from 'node:http';
import { HttpError } from './http-error.ts';

/**
 * The deadline of a request, the earlier of two: the server's counts from the request's first task, because a slow upload is not
 * the queue's fault; the client's counts from the request's arrival.
 */
export class RequestDeadline {
  readonly #headers: IncomingHttpHeaders;
  readonly #header: string | false;
  readonly #serverMs: number;
  /** Milliseconds on `performance.now()`'s clock, as the next two fields. */
  readonly arrivedAt: number;
  /** Undefined until it is needed: most requests submit no task, and their header is never parsed. */
  #clientEndsAt: number | undefined;
  #serverEndsAt: number | undefined;

  /**
   * @param header name of the header in which the client tells how long it waits; false for none.
   * @param serverMs the server's own deadline, in milliseconds after the first task.
   */
  constructor(
    headers: IncomingHttpHeaders,
    header: string | false,
    serverMs: number,
    arrivedAt: number = performance.now(),
  ) {
    this.arrivedAt = arrivedAt;
    this.#headers = headers;
    this.#header = header;
    this.#serverMs = serverMs;
  }

  /** The request submits a task. */
  start(): void {
    this.#serverEndsAt ??= performance.now() + this.#serverMs;
  }

  /** Milliseconds until the deadline, at most 0 once it has passed. @throws {HttpError} 400 for a malformed deadline header. */
  get leftMs(): number {
    this.#clientEndsAt ??= this.arrivedAt + clientDeadlineMs(this.#headers, this.#header);
    const now = performance.now();
    return Math.min(this.#clientEndsAt, this.#serverEndsAt ?? now + this.#serverMs) - now;
  }
}

/**
 * The value of a client's deadline header: whole milliseconds, at least 1; Infinity without a header. Refuses any other value: a
 * guess would serve a client that is no longer there, or refuse every request.
 *
 * @throws {HttpError} 400.
 */
export function clientDeadlineMs(headers: IncomingHttpHeaders, name: string | false): number {
  const value = name === false ? undefined : headers[name];
  if (value === undefined) return Infinity;
  // Fifteen digits are 31,000 years, and still count exactly.
  if (typeof value === 'string' && /^[1-9]\d{0,14}$/.test(value)) return Number(value);
  const message = `the header ${name} must be a whole number of milliseconds, at least 1`;
  throw new HttpError(400, 'ERR_MILLRACE_BAD_DEADLINE', message);
}
