import { describe, expect, test, vi } from 'vitest';
import { present } from '../support/settling.ts';
import { Harness } from './harness.ts';

describe('a task that is cancelled', () => {
  test('while queued never runs, and its place is free at once', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 2 });
    harness.submit('abcw');
    expect(harness.cancel('c')).toBe(true);
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a] [b]
      queued: w
      cancelled: c (cancelled)"
    `);
  });

  test('on its way never runs, and its place is free at once', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 1 });
    harness.submit('abw');
    await harness.tick();
    harness.worker(0).claim();
    expect(harness.cancel('b')).toBe(true);
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a*] [b-] [w]
      cancelled: b (cancelled)"
    `);
    harness.worker(0).finish();
    harness.worker(0).finish();
    expect(harness.worker(0).ran.map(({ label }) => label)).toEqual(['a', 'w']);
  });

  test('while running settles at once, and keeps its worker and its place until it returns', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    harness.submit('aw');
    harness.worker(0).claim();
    expect(harness.cancel('a')).toBe(true);
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a*]
      waiting: w
      cancelled: a (cancelled)"
    `);
    expect(harness.scheduler.stats()).toMatchObject({ busy: 1, pending: 0, cancelled: 1, waiting: 1 });
    harness.worker(0).finish('too late');
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [w]
      cancelled: a (cancelled)"
    `);
  });

  test('after it has finished stays as it is, also while its result is on its way', () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a');
    harness.worker(0).finish('result', { hold: true });
    expect(harness.cancel('a')).toBe(false);
    harness.worker(0).flush();
    expect(harness.cancel('a')).toBe(false);
    expect(harness.job('a')).toMatchObject({ status: 'fulfilled', value: 'result' });
  });

  test('twice is cancelled with the first reason', () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('ab');
    expect(harness.cancel('b', 'first')).toBe(true);
    expect(harness.cancel('b', 'second')).toBe(true);
    expect(harness.job('b').value).toBe('first');
  });
});

describe('interrupt', () => {
  test('ends the thread after the grace period, and no other task is lost with it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const harness = Harness.booted({ workers: 1, interruptGraceMs: 100 });
      harness.submit('a', { interrupt: true });
      harness.submit('b');
      await harness.tick();
      harness.worker(0).claim();
      expect(harness.cancel('a', 'stop', true)).toBe(true);
      vi.advanceTimersByTime(99);
      expect(harness.worker(0).state).toBe('up');
      vi.advanceTimersByTime(1);
      expect(harness.worker(0).state).toBe('terminating');
      harness.worker(0).end();
      harness.worker(1).boot();
      await harness.tick();
      expect(harness.show()).toMatchInlineSnapshot(`
        "worker 1: [b]
        cancelled: a (stop)"
      `);
    } finally {
      vi.useRealTimers();
    }
  });

  test('spares the thread of a task that stops by itself', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const harness = Harness.booted({ workers: 1, interruptGraceMs: 100 });
      harness.submit('a', { interrupt: true });
      harness.worker(0).claim();
      harness.cancel('a', 'stop', true);
      harness.worker(0).finish();
      harness.submit('b');
      harness.worker(0).claim();
      vi.advanceTimersByTime(1000);
      expect(harness.worker(0).state).toBe('up');
    } finally {
      vi.useRealTimers();
    }
  });

  test('spares the thread of a task that has stopped at the very moment, and the one that came after it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const harness = Harness.booted({ workers: 1, interruptGraceMs: 100 });
      harness.submit('a', { interrupt: true });
      harness.submit('bc');
      await harness.tick();
      harness.worker(0).claim();
      harness.cancel('a', 'stop', true);
      // The answer is on its way when the grace period ends.
      harness.worker(0).finish('too late', { hold: true });
      vi.advanceTimersByTime(100);
      expect(harness.worker(0).state).toBe('up');
      harness.worker(0).flush();
      await harness.tick();
      harness.worker(0).finish();
      harness.worker(0).finish();
      expect(harness.show()).toMatchInlineSnapshot(`
        "worker 0:
        fulfilled: b, c
        cancelled: a (stop)"
      `);
    } finally {
      vi.useRealTimers();
    }
  });

  test("'when-asked': neither the deadline nor the signal ends the thread, asking does, also after them", () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const harness = Harness.booted({ workers: 2, interruptGraceMs: 100 });
      const controller = new AbortController();
      harness.submit('d', { interrupt: 'when-asked', deadlineMs: 50 });
      harness.submit('s', { interrupt: 'when-asked', signal: controller.signal });
      for (const index of [0, 1]) harness.worker(index).claim();
      controller.abort('why');
      vi.advanceTimersByTime(1000);
      expect([harness.job('d').status, harness.job('s').status]).toEqual(['rejected', 'cancelled']);
      expect([0, 1].map((index) => harness.worker(index).state)).toEqual(['up', 'up']);
      expect([harness.job('d'), harness.job('s')].map(({ holdsThread }) => holdsThread)).toEqual([
        true,
        true,
      ]);
      expect([harness.cancel('d', 'now', true), harness.cancel('s', 'now', true)]).toEqual([false, true]);
      vi.advanceTimersByTime(100);
      for (const index of [0, 1]) {
        expect(harness.worker(index).state).toBe('terminating');
        harness.worker(index).end();
      }
      expect([harness.job('d'), harness.job('s')].map(({ holdsThread }) => holdsThread)).toEqual([
        false,
        false,
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('spares the thread in which the task waits, before it is heard that it does', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const harness = Harness.booted({ workers: 1, interruptGraceMs: 100 });
      harness.submit('a', { interrupt: true });
      await harness.tick();
      harness.submit('b');
      await harness.tick();
      harness.worker(0).claim();
      expect(harness.cancel('a', 'stop', true)).toBe(true);
      const [left, behind] = harness.worker(0).batches;
      present(left).claims[0] = 'moved';
      present(behind).claims[0] = 'running';
      vi.advanceTimersByTime(250);
      expect(harness.show()).toContain('[b*]');
      expect(harness.worker(0).state).toBe('up');
    } finally {
      vi.useRealTimers();
    }
  });

  test('spares the thread of a task that was not submitted with it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const harness = Harness.booted({ workers: 1 });
      harness.submit('a');
      harness.worker(0).claim();
      expect(harness.cancel('a', 'stop', true)).toBe(true);
      vi.advanceTimersByTime(1000);
      expect(harness.worker(0).state).toBe('up');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('one signal for many tasks', () => {
  test('ends those that wait, those that are pending and those that run, and the books stay right', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 1 });
    const controller = new AbortController();
    harness.submit('r', { signal: controller.signal });
    await harness.tick();
    harness.worker(0).claim();
    harness.submit('pvw', { signal: controller.signal });
    const reason = new Error('why');
    controller.abort(reason);
    for (const name of 'rpvw')
      expect(harness.job(name), name).toMatchObject({ status: 'cancelled', value: reason });
    expect(harness.scheduler.stats()).toMatchObject({
      waiting: 0,
      pending: 0,
      cancelled: 4,
      submitted: 4,
      refused: 0,
    });
    harness.worker(0).finish();
    await harness.tick();
    expect(harness.worker(0).ran).toHaveLength(1);
    expect(harness.scheduler.admission.placesTaken).toBe(0);
  });

  test('one that gets the place of another of them does not run either', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 1 });
    const controller = new AbortController();
    harness.submit('r');
    await harness.tick();
    harness.worker(0).claim();
    harness.submit('pw', { signal: controller.signal });
    controller.abort('why');
    for (const name of 'pw')
      expect(harness.job(name), name).toMatchObject({ status: 'cancelled', value: 'why' });
    await harness.tick();
    expect(harness.scheduler.stats()).toMatchObject({ waiting: 0, pending: 0, running: 1, cancelled: 2 });
  });
});

describe('times', () => {
  test('timeoutMs counts from the claim, not from the sending', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const harness = Harness.booted({ workers: 1 });
      harness.submit('a', { timeoutMs: 50 });
      vi.advanceTimersByTime(49);
      harness.worker(0).claim();
      vi.advanceTimersByTime(49);
      expect(harness.job('a').done).toBe(false);
      vi.advanceTimersByTime(1);
      expect(harness.job('a').value).toMatchObject({ name: 'TaskTimeoutError', phase: 'running' });
    } finally {
      vi.useRealTimers();
    }
  });

  test.each(['pending', 'running'] as const)('deadlineMs ends a task that is %s', (phase) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const harness = Harness.booted({ workers: 1, interruptGraceMs: 10 });
      harness.submit('a', { deadlineMs: 50 });
      if (phase === 'running') harness.worker(0).claim();
      vi.advanceTimersByTime(50);
      expect(harness.job('a').value).toMatchObject({ name: 'TaskTimeoutError', phase });
      vi.advanceTimersByTime(1000);
      expect(harness.worker(0).state).toBe('up');
    } finally {
      vi.useRealTimers();
    }
  });

  test('deadlineMs and maxWaitMs end a wait for a place, with their own errors', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const harness = Harness.booted({ workers: 1, maxPending: 0 });
      harness.submit('a');
      harness.submit('d', { deadlineMs: 50, maxWaitMs: 60 });
      harness.submit('m', { deadlineMs: 60, maxWaitMs: 50 });
      vi.advanceTimersByTime(50);
      expect(harness.job('d').value).toMatchObject({ name: 'TaskTimeoutError', phase: 'waiting' });
      expect(harness.job('m').value).toMatchObject({ name: 'SaturatedError', limit: 1, pending: 1 });
      expect(harness.scheduler.stats()).toMatchObject({ waiting: 0, refused: 2 });
    } finally {
      vi.useRealTimers();
    }
  });
});
