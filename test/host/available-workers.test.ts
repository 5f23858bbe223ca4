import { availableParallelism } from 'node:os';
import fc from '../support/fast-check.ts';
import { expect, test } from 'vitest';
import { cgroupCpuQuota } from '../../src/host/cgroup.ts';
import { availableWorkers, workersFor } from '../../src/host/available-workers.ts';

test.each([
  { parallelism: 8, quota: undefined, workers: 8, why: 'no quota' },
  { parallelism: 8, quota: 2, workers: 2, why: 'a smaller quota lowers' },
  { parallelism: 2, quota: 8, workers: 2, why: 'a larger quota does not raise' },
  { parallelism: 8, quota: 2.99, workers: 2, why: 'a fraction is rounded down' },
  { parallelism: 8, quota: 0.25, workers: 1, why: 'but never to nothing' },
  { parallelism: 1, quota: 0.001, workers: 1, why: 'one CPU and hardly any time' },
])('$parallelism CPUs, quota $quota: $workers ($why)', ({ parallelism, quota, workers }) => {
  expect(workersFor(parallelism, quota)).toBe(workers);
});

test('an integer from 1 to the parallelism that exceeds a quota of at least one CPU never', () => {
  const quotas = fc.option(fc.double({ min: 0.001, max: 4096, noNaN: true }), { nil: undefined });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1024 }), quotas, (parallelism, quota) => {
      const workers = workersFor(parallelism, quota);
      expect(Number.isInteger(workers)).toBe(true);
      expect(workers).toBeGreaterThanOrEqual(1);
      expect(workers).toBeLessThanOrEqual(parallelism);
      expect(workers).toBeLessThanOrEqual(Math.max(1, quota ?? Infinity));
    }),
  );
});

test('availableWorkers() combines this machine and its quota', () => {
  expect(availableWorkers()).toBe(workersFor(availableParallelism(), cgroupCpuQuota()));
});
