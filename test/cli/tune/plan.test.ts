import fc from '../../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { isFlat, outstandingSteps, workerSteps } from '../../../src/cli/tune/plan.ts';

describe('numbers of workers', () => {
  test.each([
    [1, undefined, [1, 2]],
    [2, undefined, [1, 2, 4]],
    [6, undefined, [1, 2, 4, 6, 8, 12]],
    [8, undefined, [1, 2, 4, 8, 16]],
    [2, 1, [1]],
    [2, 3, [1, 2, 3]],
    [2, 8, [1, 2, 4, 8]],
    [16, 6, [1, 2, 4, 6]],
  ])('with %i CPUs and at most %s: %j', (cpus, max, steps) => {
    expect(workerSteps(cpus, max)).toEqual(steps);
  });

  test('begin at 1, ascend, at most double, and end with the most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 600 }), (cpus, max) => {
        const steps = workerSteps(cpus, max);
        expect(steps[0]).toBe(1);
        expect(steps.at(-1)).toBe(max);
        expect(steps.includes(cpus)).toBe(cpus <= max);
        for (const [index, step] of steps.slice(1).entries()) {
          const before = steps[index] as number;
          expect(step).toBeGreaterThan(before);
          expect(step).toBeLessThanOrEqual(2 * before);
        }
      }),
    );
  });
});

test('numbers of outstanding tasks: one, one for each worker, and doubling up to 256 for each', () => {
  expect(outstandingSteps(1)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
  expect(outstandingSteps(3)).toEqual([1, 3, 6, 12, 24, 48, 96, 192, 384, 768]);
});

describe('a curve is flat', () => {
  test.each([
    [[], false],
    [[100], false],
    [[100, 100], false],
    [[100, 100, 100], true],
    [[100, 104, 105], true],
    [[100, 106, 106], false],
    [[100, 106, 106, 107], true],
    [[100, 90, 106], false],
    [[100, 106, 90], false],
    [[100, 200, 190, 150], true],
  ])('%j: %s', (throughputs, flat) => {
    expect(isFlat(throughputs)).toBe(flat);
  });

  test('never while it grows by more than 5 % at each step, whatever it begins with', () => {
    const growth = fc.array(fc.double({ min: 1.06, max: 3, noNaN: true }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(growth, (factors) => {
        let value = 1;
        expect(isFlat([1, ...factors.map((factor) => (value *= factor))])).toBe(false);
      }),
    );
  });
});
