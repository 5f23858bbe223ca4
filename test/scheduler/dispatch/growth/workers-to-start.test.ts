import fc from '../../../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { workersToStart } from '../../../../src/scheduler/dispatch/growth/workers-to-start.ts';
import type { Demand } from '../../../../src/scheduler/dispatch/growth/workers-to-start.ts';

const bootMs = 40;
const long = Infinity;

function start(demand: Partial<Demand>, most = 16): number {
  const { runMs = [], further = 0 } = demand;
  const none = { freeInMs: [], starting: 0, busyForMs: 0 };
  const waiting = runMs.length + further;
  return workersToStart({ ...none, runMs, further, waiting, ...demand }, bootMs, most);
}

const many = (count: number, ms: number) => Array.from({ length: count }, () => ms);

describe('workers are started', () => {
  test('for the first job, and none without one', () => {
    expect(start({ runMs: [1] })).toBe(1);
    expect(start({ runMs: [long] })).toBe(1);
    expect(start({ freeInMs: [long, long] })).toBe(0);
  });

  test('for each job behind one of unknown length, or longer than a boot', () => {
    expect(start({ freeInMs: [long], runMs: [1] })).toBe(1);
    expect(start({ freeInMs: [long], runMs: [long, long, long] })).toBe(3);
    expect(start({ runMs: [41, 41] })).toBe(2);
    expect(start({ runMs: [long, 1] })).toBe(2);
  });

  test('when the last job would wait longer than a boot, not sooner', () => {
    expect(start({ freeInMs: [0], runMs: many(5, 10) })).toBe(0);
    expect(start({ freeInMs: [0], runMs: many(6, 10) })).toBe(1);
    expect(start({ freeInMs: [0], runMs: many(20, 10) })).toBe(3);
    expect(start({ freeInMs: [40], runMs: [1] })).toBe(0);
    expect(start({ freeInMs: [40.1], runMs: [1] })).toBe(1);
  });

  test('never more than there may be, nor more than there are jobs', () => {
    expect(start({ freeInMs: [long], runMs: many(9, long) }, 4)).toBe(4);
    expect(start({ freeInMs: [long], runMs: [long], busyForMs: 1000 })).toBe(1);
    expect(start({ runMs: many(9, long) }, 0)).toBe(0);
  });

  test('not for jobs that workers which start already will take', () => {
    expect(start({ freeInMs: [long, 0, 0], starting: 2, runMs: [long, long] })).toBe(0);
    expect(start({ freeInMs: [long, 0, 0], starting: 2, runMs: [long, long, long] })).toBe(1);
    // Its boot is late, and may never end.
    expect(start({ freeInMs: [long, 41], starting: 1, runMs: [long] })).toBe(1);
  });

  test('for the jobs of a long queue that nobody has looked at', () => {
    expect(start({ freeInMs: [0], runMs: many(64, 0.01), further: 3000 })).toBe(0);
    expect(start({ freeInMs: [0], runMs: many(64, 0.01), further: 6000 })).toBe(1);
    expect(start({ freeInMs: [0], runMs: many(64, 0.01), further: 1e6 })).toBe(16);
  });

  test('as many again when work has waited for longer than a boot without a pause, however short it is', () => {
    const demand = { freeInMs: [1, 1, 1], runMs: many(64, 0.01) };
    expect(start({ ...demand, busyForMs: 40 })).toBe(0);
    expect(start({ ...demand, busyForMs: 41 })).toBe(3);
    expect(start({ ...demand, busyForMs: 41 }, 2)).toBe(2);
    expect(start({ ...demand, busyForMs: 41, starting: 1 })).toBe(0);
    // Behind what runs, in its own worker.
    expect(start({ freeInMs: [1], waiting: 1, busyForMs: 41 })).toBe(1);
  });
});

const ms = fc.oneof(fc.double({ min: 0, max: 200, noNaN: true }), fc.constant(long));
const demands = fc.record({
  freeInMs: fc.array(ms, { maxLength: 8 }),
  starting: fc.constantFrom(0, 1),
  runMs: fc.array(ms, { maxLength: 20 }),
  further: fc.nat(1000),
  busyForMs: fc.double({ min: 0, max: 100, noNaN: true }),
});

test('whatever waits: never more than may be, none without work, and no job is left behind one that is long', () => {
  fc.assert(
    fc.property(demands, fc.nat(8), (given, most) => {
      const further = given.runMs.length === 0 ? 0 : given.further;
      const demand = { ...given, further, waiting: given.runMs.length + further };
      const count = workersToStart(demand, bootMs, most);
      expect(count).toBeGreaterThanOrEqual(0);
      expect(count).toBeLessThanOrEqual(Math.min(most, demand.runMs.length + demand.further));
      const isStuck = demand.freeInMs.every((free) => free > bootMs);
      if (isStuck && demand.runMs.length > 0 && most > 0) expect(count).toBeGreaterThan(0);
      const isIdle = demand.freeInMs.filter((free) => free === 0).length >= demand.runMs.length;
      if (isIdle && demand.further === 0 && demand.busyForMs === 0) expect(count).toBe(0);
    }),
  );
});
