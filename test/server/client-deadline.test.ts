import { expect, test } from 'vitest';
import { clientDeadlineMs } from '../../src/server/client-deadline.ts';
import { HttpError } from '../../src/server/http-error.ts';

test('a whole number of milliseconds, or nothing', () => {
  expect(clientDeadlineMs({ wait: '250' }, 'wait')).toBe(250);
  expect(clientDeadlineMs({}, 'wait')).toBeUndefined();
  expect(clientDeadlineMs({ wait: '999999999999999' }, 'wait')).toBe(999_999_999_999_999);
});

test.each(['', '0', '-1', '1.5', '1e3', '0x10', 'NaN', 'Infinity', ' 5', '5, 6', '9'.repeat(16)])(
  'anything else is refused with 400: %j',
  (wait) => {
    expect(() => clientDeadlineMs({ wait }, 'wait')).toThrow(HttpError);
    expect(() => clientDeadlineMs({ wait }, 'wait')).toThrow(expect.objectContaining({ statusCode: 400 }));
  },
);
