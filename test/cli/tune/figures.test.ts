import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { figuresOf, median } from '../../../src/cli/tune/figures.ts';
import { measurement } from './simulation.ts';

test('a median is the one in the middle, or the mean of two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([7])).toBe(7);
});

test('a median has as many values below as above, and changes nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const given = [...values];
      const middle = median(values);
      expect(values.filter((each) => each < middle).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((each) => each > middle).length).toBeLessThanOrEqual(values.length / 2);
      expect(values).toEqual(given);
    }),
  );
});

test('a busy moment in one round of three changes no figure but the spread', () => {
  const rounds = [measurement(100), measurement(20), measurement(98)];
  expect(figuresOf({ workers: 2, outstanding: 4, rounds })).toEqual({
    ...measurement(98),
    workers: 2,
    outstanding: 4,
    spread: 80 / 98,
  });
});

test('one round tells of no spread', () => {
  expect(figuresOf({ workers: 1, outstanding: 1, rounds: [measurement(100)] }).spread).toBeUndefined();
});
