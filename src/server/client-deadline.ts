import type { IncomingHttpHeaders } from 'node:http';
import { HttpError } from './http-error.ts';

/**
 * What a client's deadline header says: whole milliseconds from the request's arrival, at least 1; undefined without
 * one. Anything else is refused, since guessing would serve somebody who is no longer there, or nobody at all.
 *
 * @throws {HttpError} 400.
 */
export function clientDeadlineMs(headers: IncomingHttpHeaders, name: string): number | undefined {
  const value = headers[name];
  if (value === undefined) return undefined;
  // Fifteen digits are 31,000 years, and still count exactly.
  if (typeof value === 'string' && /^[1-9]\d{0,14}$/.test(value)) return Number(value);
  const message = `the header ${name} must be a whole number of milliseconds, at least 1`;
  throw new HttpError(400, 'ERR_MILLRACE_BAD_DEADLINE', message);
}
