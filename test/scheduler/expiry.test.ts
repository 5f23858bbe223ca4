import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Bench } from './bench.ts';

// Time passes, and no timer fires: as when something holds the main thread.
let now = 1000;
beforeEach(() => {
  now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('a task whose deadline has passed is not sent, also when the timer is late', () => {
  const bench = Bench.booted({ workers: 1 });
  bench.submit('a');
  bench.submit('bc', { deadlineMs: 50 });
  bench.submit('d');
  now += 60;
  bench.worker(0).finish();
  bench.worker(0).finish();
  expect(bench.worker(0).ran.map(({ label }) => label)).toEqual(['a', 'd']);
  expect(bench.show()).toMatchInlineSnapshot(`
    "worker 0:
    fulfilled: a, d
    rejected: b (TaskTimeoutError), c (TaskTimeoutError)"
  `);
});

test('its place goes to the next one in line, which is sent in its stead', () => {
  const bench = Bench.booted({ workers: 1, maxPending: 1 });
  bench.submit('a');
  bench.submit('b', { deadlineMs: 50 });
  bench.submit('w');
  now += 60;
  bench.worker(0).finish();
  bench.worker(0).finish();
  expect(bench.worker(0).ran.map(({ label }) => label)).toEqual(['a', 'w']);
});
