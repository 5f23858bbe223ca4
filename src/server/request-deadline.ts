import type { IncomingHttpHeaders } from 'node:http';
import { HttpError } from './http-error.ts';

/**
 * When a request's time is up: the server's deadline counts from its first task, since a slow client's upload is not the
 * queue's fault; the client's own counts from its arrival.
 */
export class RequestDeadline {
  readonly #headers: IncomingHttpHeaders;
  readonly #header: string | false;
  readonly #serverMs: number;
  /** On `performance.now()`'s clock, as the next two. */
  readonly #arrivedAt: number = performance.now();
  /** Undefined until somebody asks: most requests have no work, and what they say is not looked at. */
  #clientEndsAt: number | undefined;
  #serverEndsAt: number | undefined;

  /**
   * @param header the one in which the client says how long it waits; false: none.
   * @param serverMs how long the server allows it to take.
   */
  constructor(headers: IncomingHttpHeaders, header: string | false, serverMs: number) {
    this.#headers = headers;
    this.#header = header;
    this.#serverMs = serverMs;
  }

  /** The request hands in a task. */
  start(): void {
    this.#serverEndsAt ??= performance.now() + this.#serverMs;
  }

  /** Milliseconds; not more than 0 once it has passed. @throws {HttpError} 400 for a header that is no deadline. */
  get leftMs(): number {
    this.#clientEndsAt ??= this.#arrivedAt + clientDeadlineMs(this.#headers, this.#header);
    const now = performance.now();
    return Math.min(this.#clientEndsAt, this.#serverEndsAt ?? now + this.#serverMs) - now;
  }
}

/**
 * What a client's deadline header says: whole milliseconds, at least 1; Infinity without one. Anything else is refused,
 * since guessing would serve somebody who is no longer there, or nobody at all.
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
