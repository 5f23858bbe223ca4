import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HttpError } from '../../src/server/http-error.ts';
import { clientDeadlineMs, RequestDeadline } from '../../src/server/request-deadline.ts';

describe("the client's header", () => {
  test('a whole number of milliseconds, or nothing', () => {
    expect(clientDeadlineMs({ wait: '250' }, 'wait')).toBe(250);
    expect(clientDeadlineMs({}, 'wait')).toBe(Infinity);
    expect(clientDeadlineMs({ wait: 'soon' }, false)).toBe(Infinity);
    expect(clientDeadlineMs({ wait: '999999999999999' }, 'wait')).toBe(999_999_999_999_999);
  });

  const none = [
    '',
    '0',
    '-1',
    '1.5',
    '1e3',
    '1e308',
    '0x10',
    'NaN',
    'Infinity',
    ' 5',
    '5, 6',
    '9'.repeat(16),
  ];
  test.each(none)('anything else is refused with 400: %j', (wait) => {
    expect(() => clientDeadlineMs({ wait }, 'wait')).toThrow(HttpError);
    expect(() => clientDeadlineMs({ wait }, 'wait')).toThrow(expect.objectContaining({ statusCode: 400 }));
  });
});

describe('what is left', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  test("the server's counts from the first task, the client's from the arrival", () => {
    const server = new RequestDeadline({}, 'wait', 100);
    const client = new RequestDeadline({ wait: '80' }, 'wait', 100);
    vi.advanceTimersByTime(50);
    expect([server.leftMs, client.leftMs]).toEqual([100, 30]);
    for (const each of [server, client]) each.start();
    vi.advanceTimersByTime(20);
    for (const each of [server, client]) each.start();
    expect([server.leftMs, client.leftMs]).toEqual([80, 10]);
    vi.advanceTimersByTime(90);
    expect([server.leftMs, client.leftMs]).toEqual([-10, -80]);
  });

  test('a header that is no deadline matters when somebody asks', () => {
    const deadline = new RequestDeadline({ wait: 'soon' }, 'wait', 100);
    deadline.start();
    expect(() => deadline.leftMs).toThrow(HttpError);
  });
});
