import fc from '../support/fast-check.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Deadlines } from '../../src/base/deadlines.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('alarms ring in the order of their times, each once', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(500), { maxLength: 50 }), (delays) => {
      const deadlines = new Deadlines();
      const rung: number[] = [];
      for (const delay of delays) deadlines.set(delay, () => rung.push(delay));
      vi.advanceTimersByTime(1000);
      expect(rung).toEqual(delays.toSorted((a, b) => a - b));
    }),
  );
});

test('an alarm that was cancelled never rings, however many there are', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(500), fc.boolean()), { maxLength: 150 }), (entries) => {
      const deadlines = new Deadlines();
      const rung: number[] = [];
      const alarms = entries.map(([delay], index) => deadlines.set(delay, () => rung.push(index)));
      for (const [index, [, cancelled]] of entries.entries()) if (cancelled) alarms[index]?.cancel();
      vi.advanceTimersByTime(1000);
      const expected = entries.flatMap(([, cancelled], index) => (cancelled ? [] : [index]));
      expect(rung.toSorted((a, b) => a - b)).toEqual(expected);
    }),
  );
});

test('an alarm never rings early', () => {
  const deadlines = new Deadlines();
  const ring = vi.fn<() => void>();
  deadlines.set(100, ring);
  vi.advanceTimersByTime(99);
  expect(ring).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ring).toHaveBeenCalledOnce();
});

test('an earlier alarm that is set later rings first', () => {
  const deadlines = new Deadlines();
  const rung: string[] = [];
  deadlines.set(200, () => rung.push('late'));
  vi.advanceTimersByTime(50);
  deadlines.set(10, () => rung.push('early'));
  vi.advanceTimersByTime(10);
  expect(rung).toEqual(['early']);
  vi.advanceTimersByTime(140);
  expect(rung).toEqual(['early', 'late']);
});

test('a ring may set another alarm, and cancel those that are due', () => {
  const deadlines = new Deadlines();
  const rung: string[] = [];
  deadlines.set(10, () => {
    rung.push('first');
    second.cancel();
    deadlines.set(10, () => rung.push('third'));
  });
  const second = deadlines.set(10, () => rung.push('second'));
  vi.advanceTimersByTime(20);
  expect(rung).toEqual(['first', 'third']);
});

test('cancelling twice, or after the ring, does nothing', () => {
  const deadlines = new Deadlines();
  const ring = vi.fn<() => void>();
  const alarm = deadlines.set(1, ring);
  vi.advanceTimersByTime(1);
  alarm.cancel();
  alarm.cancel();
  deadlines.set(1, ring);
  vi.advanceTimersByTime(1);
  expect(ring).toHaveBeenCalledTimes(2);
});

test('one timer serves them all, and none is left when all are cancelled', () => {
  const deadlines = new Deadlines();
  const alarms = Array.from({ length: 100 }, (_, index) => deadlines.set(100 + index, () => {}));
  expect(vi.getTimerCount()).toBe(1);
  for (const alarm of alarms) alarm.cancel();
  vi.advanceTimersByTime(1000);
  expect(vi.getTimerCount()).toBe(0);
});
