import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Harness } from './harness.ts';

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
  const harness = Harness.booted({ workers: 1 });
  harness.submit('a');
  harness.submit('bc', { deadlineMs: 50 });
  harness.submit('d');
  now += 60;
  harness.worker(0).finish();
  harness.worker(0).finish();
  expect(harness.worker(0).ran.map(({ label }) => label)).toEqual(['a', 'd']);
  expect(harness.show()).toMatchInlineSnapshot(`
    "worker 0:
    fulfilled: a, d
    rejected: b (TaskTimeoutError), c (TaskTimeoutError)"
  `);
});

test('its place goes to the next one in line, which is sent in its stead', () => {
  const harness = Harness.booted({ workers: 1, maxPending: 1 });
  harness.submit('a');
  harness.submit('b', { deadlineMs: 50 });
  harness.submit('w');
  now += 60;
  harness.worker(0).finish();
  harness.worker(0).finish();
  expect(harness.worker(0).ran.map(({ label }) => label)).toEqual(['a', 'w']);
});

describe('a task that returned in time, and whose result does not arrive', () => {
  test('is given a moment, and then settles all the same', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a', { deadlineMs: 50 });
    harness.submit('b');
    harness.worker(0).finish('held up', { hold: true });
    now += 60;
    await ring(harness);
    expect(harness.job('a').status).toBe('sent');
    now += 30;
    await ring(harness);
    expect(harness.job('a')).toMatchObject({ status: 'rejected', value: { phase: 'running' } });
    harness.worker(0).flush();
    expect(harness.job('a').status).toBe('rejected');
    expect(harness.scheduler.admission.placesTaken).toBe(1);
  });

  test('keeps its result if that arrives in this moment', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a', { deadlineMs: 50 });
    harness.worker(0).finish('in time', { hold: true });
    now += 60;
    await ring(harness);
    harness.worker(0).flush();
    now += 30;
    await ring(harness);
    expect(harness.job('a')).toMatchObject({ status: 'fulfilled', value: 'in time' });
  });
});

/** Whatever is sent rings what is due. */
async function ring(harness: Harness): Promise<void> {
  harness.submit('r');
  await harness.tick();
  harness.cancel('r');
}
