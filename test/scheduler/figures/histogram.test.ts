import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { Histogram } from '../../../src/scheduler/figures/histogram.ts';

const durations = fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), {
  minLength: 1,
  maxLength: 200,
});

test('a percentile is off by a bucket at the most', () => {
  fc.assert(
    fc.property(durations, (values) => {
      const histogram = new Histogram();
      for (const value of values) histogram.record(value);
      const sorted = values.toSorted((a, b) => a - b);
      const { p50, p90, p99, max, count } = histogram.percentiles();
      expect(count).toBe(values.length);
      expect(max).toBe(sorted.at(-1));
      for (const [share, told] of [
        [0.5, p50],
        [0.9, p90],
        [0.99, p99],
      ] as const) {
        const exact = sorted[Math.ceil(sorted.length * share) - 1] as number;
        expect(told / exact).toBeGreaterThan(0.95);
        expect(told / exact).toBeLessThan(1.05);
      }
    }),
  );
});

test('percentiles grow with the share and never exceed the maximum', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { minLength: 1 }), (values) => {
      const histogram = new Histogram();
      for (const value of values) histogram.record(value);
      const { p50, p90, p99, max } = histogram.percentiles();
      expect(p50).toBeLessThanOrEqual(p90);
      expect(p90).toBeLessThanOrEqual(p99);
      expect(p99).toBeLessThanOrEqual(max);
    }),
  );
});

test('without a record everything is 0', () => {
  const histogram = new Histogram();
  expect(histogram.percentiles()).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, max: 0 });
});

test('durations outside the buckets are counted at their edges', () => {
  const histogram = new Histogram();
  histogram.record(0);
  histogram.record(1e12);
  expect(histogram.percentiles()).toMatchObject({ count: 2, max: 1e12 });
});

test('what was told does not change afterwards', () => {
  const histogram = new Histogram();
  histogram.record(1);
  const before = histogram.percentiles();
  histogram.record(100);
  expect(before).toMatchObject({ count: 1, max: 1 });
  expect(Object.isFrozen(before)).toBe(true);
});
