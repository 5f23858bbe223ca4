import { expect, test } from 'vitest';
import { priorityOf } from '../../src/server/request-class.ts';

test('a class goes before the next, whatever its tasks say of themselves', () => {
  const { MAX_SAFE_INTEGER: most, MIN_SAFE_INTEGER: least } = Number;
  expect(priorityOf('normal', 0)).toBe(0);
  expect(priorityOf('critical', least)).toBeGreaterThan(priorityOf('normal', most));
  expect(priorityOf('normal', least)).toBeGreaterThan(priorityOf('sheddable', most));
  expect(priorityOf('critical', 2)).toBeGreaterThan(priorityOf('critical', 1));
  expect(Number.isSafeInteger(priorityOf('critical', most))).toBe(true);
});
