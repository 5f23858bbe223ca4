import { expect, test } from 'vitest';
import { checkRequestOptions, priorityOf } from '../../src/server/request-options.ts';

test('a class goes before the next, whatever its tasks say of themselves', () => {
  const { MAX_SAFE_INTEGER: most, MIN_SAFE_INTEGER: least } = Number;
  expect(priorityOf('normal', 0)).toBe(0);
  expect(priorityOf('critical', least)).toBeGreaterThan(priorityOf('normal', most));
  expect(priorityOf('normal', least)).toBeGreaterThan(priorityOf('sheddable', most));
  expect(priorityOf('critical', 2)).toBeGreaterThan(priorityOf('critical', 1));
  expect(Number.isSafeInteger(priorityOf('critical', most))).toBe(true);
});

test.each([
  [{ class: 'urgent' }, "class must be one of 'sheddable', 'normal', 'critical', not 'urgent'"],
  [{ deadlineMs: Number.NaN }, 'deadlineMs must be a number of milliseconds from 1 to 2147483647, not NaN'],
  [{ deadlineMs: 0 }, 'deadlineMs must be a number of milliseconds from 1 to 2147483647, not 0'],
  [{ klass: 'normal' }, "unknown request option 'klass' (known: class, deadlineMs)"],
  [null, 'options must be an object, not null'],
])('bad options name the value: %j', (options, message) => {
  expect(() => checkRequestOptions(options as never)).toThrow(message);
});
