import { describe, expect, test, vi } from 'vitest';
import { present } from '../support/settling.ts';
import { Bench } from './bench.ts';

describe('a task that is cancelled', () => {
  test('while queued never runs, and its place is free at once', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 2 });
    bench.submit('abcw');
    expect(bench.cancel('c')).toBe(true);
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a] [b]
      queued: w
      cancelled: c (cancelled)"
    `);
  });

  test('on its way never runs, and its place is free at once', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 1 });
    bench.submit('abw');
    await bench.tick();
    bench.worker(0).claim();
    expect(bench.cancel('b')).toBe(true);
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a*] [b-] [w]
      cancelled: b (cancelled)"
    `);
    bench.worker(0).finish();
    bench.worker(0).finish();
    expect(bench.worker(0).ran.map(({ label }) => label)).toEqual(['a', 'w']);
  });

  test('while running settles at once, and keeps its worker and its place until it returns', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 0 });
    bench.submit('aw');
    bench.worker(0).claim();
    expect(bench.cancel('a')).toBe(true);
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a*]
      waiting: w
      cancelled: a (cancelled)"
    `);
    expect(bench.scheduler.stats()).toMatchObject({ busy: 1, pending: 0, cancelled: 1, waiting: 1 });
    bench.worker(0).finish('too late');
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [w]
      cancelled: a (cancelled)"
    `);
  });

  test('after it has finished stays as it is, also while its result is on its way', () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('a');
    bench.worker(0).finish('result', { hold: true });
    expect(bench.cancel('a')).toBe(false);
    bench.worker(0).flush();
    expect(bench.cancel('a')).toBe(false);
    expect(bench.job('a')).toMatchObject({ status: 'fulfilled', value: 'result' });
  });

  test('twice is cancelled with the first reason', () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('ab');
    expect(bench.cancel('b', 'first')).toBe(true);
    expect(bench.cancel('b', 'second')).toBe(true);
    expect(bench.job('b').value).toBe('first');
  });
});

describe('interrupt', () => {
  test('ends the thread after the grace period, and no other task is lost with it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const bench = Bench.booted({ workers: 1, interruptGraceMs: 100 });
      bench.submit('a', { interrupt: true });
      bench.submit('b');
      await bench.tick();
      bench.worker(0).claim();
      expect(bench.cancel('a', 'stop', true)).toBe(true);
      vi.advanceTimersByTime(99);
      expect(bench.worker(0).state).toBe('up');
      vi.advanceTimersByTime(1);
      expect(bench.worker(0).state).toBe('terminating');
      bench.worker(0).end();
      bench.worker(1).boot();
      await bench.tick();
      expect(bench.show()).toMatchInlineSnapshot(`
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
      const bench = Bench.booted({ workers: 1, interruptGraceMs: 100 });
      bench.submit('a', { interrupt: true });
      bench.worker(0).claim();
      bench.cancel('a', 'stop', true);
      bench.worker(0).finish();
      bench.submit('b');
      bench.worker(0).claim();
      vi.advanceTimersByTime(1000);
      expect(bench.worker(0).state).toBe('up');
    } finally {
      vi.useRealTimers();
    }
  });

  test('spares the thread of a task that has stopped at the very moment, and the one that came after it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const bench = Bench.booted({ workers: 1, interruptGraceMs: 100 });
      bench.submit('a', { interrupt: true });
      bench.submit('bc');
      await bench.tick();
      bench.worker(0).claim();
      bench.cancel('a', 'stop', true);
      // The answer is on its way when the grace period ends.
      bench.worker(0).finish('too late', { hold: true });
      vi.advanceTimersByTime(100);
      expect(bench.worker(0).state).toBe('up');
      bench.worker(0).flush();
      await bench.tick();
      bench.worker(0).finish();
      bench.worker(0).finish();
      expect(bench.show()).toMatchInlineSnapshot(`
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
      const bench = Bench.booted({ workers: 2, interruptGraceMs: 100 });
      const controller = new AbortController();
      bench.submit('d', { interrupt: 'when-asked', deadlineMs: 50 });
      bench.submit('s', { interrupt: 'when-asked', signal: controller.signal });
      for (const index of [0, 1]) bench.worker(index).claim();
      controller.abort('why');
      vi.advanceTimersByTime(1000);
      expect([bench.job('d').status, bench.job('s').status]).toEqual(['rejected', 'cancelled']);
      expect([0, 1].map((index) => bench.worker(index).state)).toEqual(['up', 'up']);
      expect([bench.job('d'), bench.job('s')].map(({ holdsThread }) => holdsThread)).toEqual([true, true]);
      expect([bench.cancel('d', 'now', true), bench.cancel('s', 'now', true)]).toEqual([false, true]);
      vi.advanceTimersByTime(100);
      for (const index of [0, 1]) {
        expect(bench.worker(index).state).toBe('terminating');
        bench.worker(index).end();
      }
      expect([bench.job('d'), bench.job('s')].map(({ holdsThread }) => holdsThread)).toEqual([false, false]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('spares the thread in which the task waits, before it is heard that it does', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const bench = Bench.booted({ workers: 1, interruptGraceMs: 100 });
      bench.submit('a', { interrupt: true });
      await bench.tick();
      bench.submit('b');
      await bench.tick();
      bench.worker(0).claim();
      expect(bench.cancel('a', 'stop', true)).toBe(true);
      const [left, behind] = bench.worker(0).deliveries;
      present(left).claims[0] = 'moved';
      present(behind).claims[0] = 'running';
      vi.advanceTimersByTime(250);
      expect(bench.show()).toContain('[b*]');
      expect(bench.worker(0).state).toBe('up');
    } finally {
      vi.useRealTimers();
    }
  });

  test('spares the thread of a task that was not submitted with it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const bench = Bench.booted({ workers: 1 });
      bench.submit('a');
      bench.worker(0).claim();
      expect(bench.cancel('a', 'stop', true)).toBe(true);
      vi.advanceTimersByTime(1000);
      expect(bench.worker(0).state).toBe('up');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('one signal for many tasks', () => {
  test('ends those that wait, those that are pending and those that run, and the books stay right', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 1 });
    const controller = new AbortController();
    bench.submit('r', { signal: controller.signal });
    await bench.tick();
    bench.worker(0).claim();
    bench.submit('pvw', { signal: controller.signal });
    const reason = new Error('why');
    controller.abort(reason);
    for (const name of 'rpvw')
      expect(bench.job(name), name).toMatchObject({ status: 'cancelled', value: reason });
    expect(bench.scheduler.stats()).toMatchObject({
      waiting: 0,
      pending: 0,
      cancelled: 4,
      submitted: 4,
      refused: 0,
    });
    bench.worker(0).finish();
    await bench.tick();
    expect(bench.worker(0).ran).toHaveLength(1);
    expect(bench.scheduler.admission.placesTaken).toBe(0);
  });

  test('one that gets the place of another of them does not run either', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 1 });
    const controller = new AbortController();
    bench.submit('r');
    await bench.tick();
    bench.worker(0).claim();
    bench.submit('pw', { signal: controller.signal });
    controller.abort('why');
    for (const name of 'pw')
      expect(bench.job(name), name).toMatchObject({ status: 'cancelled', value: 'why' });
    await bench.tick();
    expect(bench.scheduler.stats()).toMatchObject({ waiting: 0, pending: 0, running: 1, cancelled: 2 });
  });
});

describe('times', () => {
  test('timeoutMs counts from the claim, not from the sending', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const bench = Bench.booted({ workers: 1 });
      bench.submit('a', { timeoutMs: 50 });
      vi.advanceTimersByTime(49);
      bench.worker(0).claim();
      vi.advanceTimersByTime(49);
      expect(bench.job('a').done).toBe(false);
      vi.advanceTimersByTime(1);
      expect(bench.job('a').value).toMatchObject({ name: 'TaskTimeoutError', phase: 'running' });
    } finally {
      vi.useRealTimers();
    }
  });

  test.each(['pending', 'running'] as const)('deadlineMs ends a task that is %s', (phase) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const bench = Bench.booted({ workers: 1, interruptGraceMs: 10 });
      bench.submit('a', { deadlineMs: 50 });
      if (phase === 'running') bench.worker(0).claim();
      vi.advanceTimersByTime(50);
      expect(bench.job('a').value).toMatchObject({ name: 'TaskTimeoutError', phase });
      vi.advanceTimersByTime(1000);
      expect(bench.worker(0).state).toBe('up');
    } finally {
      vi.useRealTimers();
    }
  });

  test('deadlineMs and maxWaitMs end a wait for a place, with their own errors', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const bench = Bench.booted({ workers: 1, maxPending: 0 });
      bench.submit('a');
      bench.submit('d', { deadlineMs: 50, maxWaitMs: 60 });
      bench.submit('m', { deadlineMs: 60, maxWaitMs: 50 });
      vi.advanceTimersByTime(50);
      expect(bench.job('d').value).toMatchObject({ name: 'TaskTimeoutError', phase: 'waiting' });
      expect(bench.job('m').value).toMatchObject({ name: 'SaturatedError', limit: 1, pending: 1 });
      expect(bench.scheduler.stats()).toMatchObject({ waiting: 0, refused: 2 });
    } finally {
      vi.useRealTimers();
    }
  });
});
