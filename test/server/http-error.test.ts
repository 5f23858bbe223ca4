import fc from '../support/fast-check.ts';
import { ExecutorClosedError, SaturatedError, TaskTimeoutError } from 'millrace';
import { HttpError, retryAfterSeconds, toHttpError } from 'millrace/http';
import { describe, expect, test } from 'vitest';

const saturated = new SaturatedError('full', { limit: 4, pending: 2, retryAfterMs: 9500 });

describe('toHttpError', () => {
  test('saturated: 503 with Retry-After from the expected wait, and the error as its cause', () => {
    const error = toHttpError(saturated);
    expect(error).toMatchObject({ statusCode: 503, status: 503, code: saturated.code, cause: saturated });
    const seconds = Number(error?.headers['retry-after']);
    expect(seconds).toBeGreaterThanOrEqual(10);
    expect(seconds).toBeLessThanOrEqual(20);
  });

  test('late before it ran: 503 with Retry-After; while it ran: without', () => {
    const pending = toHttpError(new TaskTimeoutError('late', 'pending'));
    expect(pending).toMatchObject({
      statusCode: 503,
      headers: { 'retry-after': expect.any(String) as string },
    });
    expect(toHttpError(new TaskTimeoutError('late', 'running'))).toMatchObject({
      statusCode: 503,
      headers: {},
    });
  });

  test('closed: 503, and the connection with it', () => {
    const error = toHttpError(new ExecutorClosedError('closed'));
    expect(error).toMatchObject({ statusCode: 503, headers: { connection: 'close' } });
  });

  test('an HttpError is itself, and what is not about load is null', () => {
    const error = new HttpError(400, 'ERR_X', 'no');
    expect(toHttpError(error)).toBe(error);
    for (const other of [new Error('bug'), 'text', null, undefined]) expect(toHttpError(other)).toBeNull();
  });

  test('says what happened in JSON, but not what is inside', () => {
    expect(JSON.parse(JSON.stringify(toHttpError(saturated)))).toEqual({
      statusCode: 503,
      code: 'ERR_MILLRACE_SATURATED',
      error: 'Service Unavailable',
      message: 'the server has more work than it can do in time',
    });
  });
});

describe('retryAfterSeconds', () => {
  test('whole seconds, at least 1, from once to twice the expected time', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), random, (expectedMs, drawn) => {
        const seconds = retryAfterSeconds(expectedMs, () => drawn);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(Math.max(1, expectedMs / 1000));
        expect(seconds).toBeLessThanOrEqual(2 * Math.max(1, Math.ceil(expectedMs / 1000)));
      }),
    );
  });

  test('callers who are refused together are told different times', () => {
    const told = [0, 0.3, 0.6, 0.9].map((drawn) => retryAfterSeconds(2500, () => drawn));
    expect(told).toEqual([3, 4, 5, 6]);
    expect(retryAfterSeconds(undefined, () => 0)).toBe(1);
    expect(retryAfterSeconds(undefined, () => 0.99)).toBe(2);
  });
});
