import fc from '../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { medianInterval } from '../../bench/harness/cpu/median-interval.ts';

describe('medianInterval', () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

  it.each([
    [6, 1, 6],
    [8, 1, 8],
    [9, 2, 8],
    [11, 2, 10],
    [15, 4, 12],
    [25, 8, 18],
    [50, 18, 33],
  ])('takes the order statistics that the tables give for %i values', (n, low, high) => {
    expect(medianInterval(upTo(n))).toEqual({ median: (n + 1) / 2, low, high });
  });

  it('refuses fewer values than such an interval takes', () => {
    expect(() => medianInterval(upTo(5))).toThrow('5 values are too few for an interval of 95 %');
  });

  it('is the same for values in any order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(upTo(20), { minLength: 20 }), (values) => {
        expect(medianInterval(values)).toEqual(medianInterval(upTo(20)));
      }),
    );
  });
});
