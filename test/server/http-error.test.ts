import { ExecutorClosedError, SaturatedError, TaskTimeoutError } from 'millrace';
import { HttpError, toHttpError } from 'millrace/http';
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
