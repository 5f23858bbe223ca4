import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Timer } from '../../src/base/timer.ts';

const longest = 2 ** 31 - 1;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test.each([1, 0.25, 100, longest, longest + 0.5, longest + 1, 2 * longest, 5 * longest])(
  'a timer of %d ms rings once, and not before',
  async (delayMs) => {
    const setTimeout = vi.spyOn(globalThis, 'setTimeout');
    const ring = vi.fn<() => void>();
    const timer = new Timer(delayMs, ring);
    await vi.advanceTimersByTimeAsync(Math.ceil(delayMs) - 1);
    expect(ring).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ring).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
    for (const [, ms = 0] of setTimeout.mock.calls) expect(ms).toBeLessThanOrEqual(longest);
    timer.cancel();
  },
);

test('a time that has passed: it rings soon, and Node is given no negative delay, of which it would warn', async () => {
  const setTimeout = vi.spyOn(globalThis, 'setTimeout');
  const ring = vi.fn<() => void>();
  const timer = new Timer(-513, ring);
  expect(ring).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(ring).toHaveBeenCalledOnce();
  for (const [, ms = 0] of setTimeout.mock.calls) expect(ms).toBeGreaterThanOrEqual(0);
  timer.cancel();
});

test('a timer that the system fires early is set again', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
  const ring = vi.fn<() => void>();
  const timer = new Timer(10, ring);
  now.mockReturnValue(1009.5);
  vi.advanceTimersByTime(10);
  expect([ring.mock.calls.length, vi.getTimerCount()]).toEqual([0, 1]);
  now.mockReturnValue(1010);
  vi.advanceTimersByTime(1);
  expect([ring.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0]);
  timer.cancel();
});

test('a timer without end never rings', async () => {
  const ring = vi.fn<() => void>();
  const timer = new Timer(Infinity, ring);
  await vi.advanceTimersByTimeAsync(10 * longest);
  timer.cancel();
  expect([ring.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
});

test.each([0, longest + 1])(
  'a timer that is cancelled after %d ms of a long wait never rings',
  async (ms) => {
    const ring = vi.fn<() => void>();
    const timer = new Timer(3 * longest, ring);
    await vi.advanceTimersByTimeAsync(ms);
    timer.cancel();
    timer.cancel();
    await vi.advanceTimersByTimeAsync(3 * longest);
    expect([ring.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
  },
);
