import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Future } from '../../src/index.ts';
import { Interrupts } from '../../src/server/interrupts.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** As much of a future as is looked at. */
class Overdue {
  holdsThread = true;
  ended = false;

  cancel(_reason: undefined, options: { interrupt: boolean }): boolean {
    this.ended = options.interrupt;
    this.holdsThread = false;
    return true;
  }
}

const countEnded = (all: readonly Overdue[]) => all.filter(({ ended }) => ended).length;

function overdue(interrupts: Interrupts, count: number): Overdue[] {
  const all = Array.from({ length: count }, () => new Overdue());
  for (const each of all) interrupts.end(each as unknown as Future<unknown>);
  return all;
}

test('so many at once, so many a second, and each in its turn', () => {
  const all = overdue(new Interrupts(4), 7);
  expect(countEnded(all)).toBe(4);
  for (const [afterMs, ended] of [
    [249, 4],
    [1, 5],
    [249, 5],
    [1, 6],
    [250, 7],
    [10_000, 7],
  ] as const) {
    vi.advanceTimersByTime(afterMs);
    expect(countEnded(all)).toBe(ended);
  }
});

test('what returns by itself meanwhile costs nothing', () => {
  const interrupts = new Interrupts(1);
  const [first, returns, never] = overdue(interrupts, 3) as [Overdue, Overdue, Overdue];
  expect(first.ended).toBe(true);
  returns.holdsThread = false;
  vi.advanceTimersByTime(1000);
  expect([returns.ended, never.ended]).toEqual([false, true]);
});

test('a storm of tasks that return delays nobody behind it', () => {
  const interrupts = new Interrupts(1);
  overdue(interrupts, 1);
  const storm = overdue(interrupts, 1000);
  for (const each of storm) each.holdsThread = false;
  const [last] = overdue(interrupts, 1) as [Overdue];
  vi.advanceTimersByTime(1000);
  expect(last.ended).toBe(true);
  expect(countEnded(storm)).toBe(0);
});

test('a quiet time is saved up for a second, not more', () => {
  const interrupts = new Interrupts(2);
  overdue(interrupts, 2);
  vi.advanceTimersByTime(1_000_000);
  expect(countEnded(overdue(interrupts, 5))).toBe(2);
});
