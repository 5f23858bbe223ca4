import { expect, test } from 'vitest';
import { RollingHistogram } from '../../../src/scheduler/figures/rolling-histogram.ts';

test('counts what was recorded within the last minute', () => {
  const histogram = new RollingHistogram();
  for (let second = 0; second < 200; second++) histogram.record(second, second * 1000);
  const { count, p50, max } = histogram.percentiles(199_999);
  expect({ count, max }).toEqual({ count: 60, max: 199 });
  expect(p50).toBeGreaterThan(160);
  expect(p50).toBeLessThan(178);
});

test('forgets, also when nothing is recorded any more', () => {
  const histogram = new RollingHistogram();
  histogram.record(5, 1000);
  expect(histogram.percentiles(59_999).count).toBe(1);
  expect(histogram.percentiles(60_000).count).toBe(0);
  histogram.record(7, 10_000_000);
  expect(histogram.percentiles(10_000_000)).toMatchObject({ count: 1, max: 7 });
});
