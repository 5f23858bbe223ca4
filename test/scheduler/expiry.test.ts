import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
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

describe('a task that returned in time, and whose result does not arrive', () => {
  test('is given a moment, and then settles all the same', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('a', { deadlineMs: 50 });
    bench.submit('b');
    bench.worker(0).finish('held up', { hold: true });
    now += 60;
    await ring(bench);
    expect(bench.job('a').status).toBe('sent');
    now += 30;
    await ring(bench);
    expect(bench.job('a')).toMatchObject({ status: 'rejected', value: { phase: 'running' } });
    bench.worker(0).flush();
    expect(bench.job('a').status).toBe('rejected');
    expect(bench.scheduler.admission.placesTaken).toBe(1);
  });

  test('keeps its result if that arrives in this moment', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('a', { deadlineMs: 50 });
    bench.worker(0).finish('in time', { hold: true });
    now += 60;
    await ring(bench);
    bench.worker(0).flush();
    now += 30;
    await ring(bench);
    expect(bench.job('a')).toMatchObject({ status: 'fulfilled', value: 'in time' });
  });
});

/** Whatever is sent rings what is due. */
async function ring(bench: Bench): Promise<void> {
  bench.submit('r');
  await bench.tick();
  bench.cancel('r');
}
