import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { RunTimes } from '../../../src/scheduler/figures/run-times.ts';
import { internTarget } from '../../../src/tasks/task.ts';

const quick = internTarget('test:run-times', 'quick');
const slow = internTarget('test:run-times', 'slow');

test('a function that has not been seen to end has no estimate', () => {
  const times = new RunTimes();
  times.learn(quick, 1);
  expect(times.estimate(slow)).toBeUndefined();
  expect(times.estimate(quick)).toBe(1);
});

test('a rise is believed faster than a fall', () => {
  const times = new RunTimes();
  times.learn(quick, 1);
  times.learn(quick, 3);
  expect(times.estimate(quick)).toBe(2);
  times.learn(quick, 1);
  expect(times.estimate(quick)).toBe(1.875);
});

test('results are held for less once a call has taken long against all expectation', () => {
  const times = new RunTimes();
  const holds = (): number[] => [times.holdMs(quick), times.holdMs(slow)];
  times.learn(quick, 20);
  times.learn(quick, 20);
  times.learn(slow, 0.1);
  times.learn(slow, 5);
  expect(holds()).toEqual([Infinity, Infinity]);
  for (let left = 100; left > 0; left--) times.learn(slow, 0.1);
  times.learn(slow, 20);
  expect(holds()).toEqual([Infinity, 15 / 200]);
});

test('one call counts as four times the mean at the most', () => {
  const times = new RunTimes();
  times.learn(quick, 1);
  times.learn(quick, 1000);
  expect(times.estimate(quick)).toBe(2.5);
});

test('an estimate lies between the shortest and the longest run', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (runs) => {
      const times = new RunTimes();
      for (const run of runs) times.learn(slow, run);
      expect(times.estimate(slow)).toBeGreaterThanOrEqual(Math.min(...runs) - 1e-6);
      expect(times.estimate(slow)).toBeLessThanOrEqual(Math.max(...runs) + 1e-6);
    }),
  );
});
