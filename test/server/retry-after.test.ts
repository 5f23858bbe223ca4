import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryAfterSeconds } from '../../src/server/retry-after.ts';

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
