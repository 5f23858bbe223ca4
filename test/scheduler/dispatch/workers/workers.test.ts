import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reasonOf, settlementOf } from '../../../support/settling.ts';
import { Harness } from '../../harness.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a worker that cannot be started', () => {
  test('is tried again after growing pauses', () => {
    const harness = new Harness({ workers: 1 });
    const started = () => harness.backend.workers.length;
    harness.worker(0).end(1);
    for (const pauseMs of [50, 100, 200]) {
      const before = started();
      vi.advanceTimersByTime(pauseMs - 1);
      expect(started()).toBe(before);
      vi.advanceTimersByTime(1);
      expect(started()).toBe(before + 1);
      harness.worker(before).end(1);
    }
    vi.advanceTimersByTime(60_000);
    expect(started()).toBe(4);
  });

  test('four times fails everything that waits for it, with the reason', async () => {
    const harness = new Harness({ workers: 1 });
    const ready = harness.scheduler.ready();
    harness.submit('ab');
    const cause = new Error('bad flag');
    giveUp(harness, 0, cause);
    expect(harness.show()).toMatchInlineSnapshot(
      `"rejected: a (WorkerCrashedError), b (WorkerCrashedError)"`,
    );
    expect(harness.job('a').value).toMatchObject({ cause });
    expect(await reasonOf(ready)).toMatchObject({ name: 'WorkerCrashedError', cause });
    expect(harness.scheduler.admission.placesTaken).toBe(0);
  });

  test('is told to callers that wait for a place as well, at once', async () => {
    const harness = new Harness({ workers: 1, maxPending: 0 });
    harness.submit('abc');
    const reserved = harness.scheduler.reservations.wait();
    const cause = new Error('bad flag');
    giveUp(harness, 0, cause);
    expect(harness.show()).toMatchInlineSnapshot(
      `"rejected: a (WorkerCrashedError), b (WorkerCrashedError), c (WorkerCrashedError)"`,
    );
    expect(await reasonOf(reserved.promise)).toMatchObject({ cause });
    expect(harness.scheduler.stats()).toMatchObject({ rejected: 1, refused: 2, waiting: 0, pending: 0 });
    expect(harness.backend.workers).toHaveLength(4);
  });

  test('is started anew by the next submission', async () => {
    const harness = new Harness({ workers: 1 });
    giveUp(harness, 0);
    harness.submit('a');
    harness.worker(4).boot();
    harness.worker(4).finish();
    expect(harness.job('a').status).toBe('fulfilled');
  });

  test('leaves the work to those that could be', async () => {
    const harness = new Harness({ workers: 2 });
    harness.worker(0).boot();
    harness.worker(1).end();
    for (const [index, pauseMs] of [50, 100, 200].entries()) {
      vi.advanceTimersByTime(pauseMs);
      harness.worker(index + 2).end();
    }
    harness.submit('ab');
    await harness.tick();
    harness.worker(0).finish();
    await harness.tick();
    harness.worker(0).finish();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0:
      worker 5 (booting):
      fulfilled: a, b"
    `);
  });
});

describe('ready()', () => {
  test('resolves when all workers are up, and not before', async () => {
    const harness = new Harness({ workers: 2 });
    const ready = harness.scheduler.ready();
    harness.worker(1).boot();
    expect(await settlementOf(ready)).toBe('pending');
    harness.worker(0).boot();
    expect(await settlementOf(ready)).toBe('fulfilled');
  });

  test('rejects when the executor is shut down meanwhile', async () => {
    const harness = new Harness({ workers: 1 });
    const ready = reasonOf(harness.scheduler.ready());
    const closed = harness.scheduler.shutdown('kill');
    await harness.tick();
    for (const worker of harness.backend.workers) worker.end();
    await closed;
    expect(await settlementOf(ready)).toBe('fulfilled');
    expect(await ready).toMatchObject({ name: 'ExecutorClosedError' });
  });
});

describe('maxTasksPerWorker', () => {
  test('the replacement is started first, and takes over when the last task is through', async () => {
    const harness = Harness.booted({ workers: 1, maxTasksPerWorker: 2 });
    harness.submit('abc');
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a] [b]
      worker 1 (booting):
      queued: c"
    `);
    harness.worker(1).boot();
    harness.worker(0).finish();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [b]
      worker 1:
      queued: c
      fulfilled: a"
    `);
    harness.worker(0).finish();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0 (terminating):
      worker 1: [c]
      fulfilled: a, b"
    `);
  });

  test('a worker that retires goes on until its replacement is up, and gets nothing new', async () => {
    const harness = Harness.booted({ workers: 1, maxTasksPerWorker: 1 });
    harness.submit('ab');
    harness.worker(0).finish();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0:
      worker 1 (booting):
      queued: b
      fulfilled: a"
    `);
    harness.worker(1).boot();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0 (terminating):
      worker 1: [b]
      worker 2 (booting):
      fulfilled: a"
    `);
  });

  test('a replacement that dies before its turn is replaced in its turn', async () => {
    const harness = Harness.booted({ workers: 1, maxTasksPerWorker: 1 });
    harness.submit('a');
    harness.worker(0).claim();
    harness.worker(1).boot();
    harness.worker(1).end();
    harness.worker(0).finish();
    harness.submit('b');
    vi.advanceTimersByTime(1000);
    harness.backend.boot();
    await harness.tick();
    expect(harness.job('b').value).toBeUndefined();
    harness.backend.alive.find(({ batches }) => batches.length > 0)?.finish('ran');
    expect(harness.job('b')).toMatchObject({ status: 'fulfilled', value: 'ran' });
  });

  test('a worker that dies while its replacement waits for another attempt is replaced once', async () => {
    const harness = Harness.booted({ workers: 1, maxTasksPerWorker: 1 });
    harness.submit('abc');
    harness.worker(0).claim();
    harness.worker(1).end();
    harness.worker(0).end();
    harness.worker(2).boot();
    harness.worker(2).claim();
    vi.advanceTimersByTime(1000);
    harness.backend.boot();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 2: [b*]
      worker 3:
      queued: c
      rejected: a (WorkerCrashedError)"
    `);
  });

  test('so is one that dies when starting its replacement was given up', async () => {
    const harness = Harness.booted({ workers: 2, maxTasksPerWorker: 1 });
    harness.submit('a');
    const retiring = harness.backend.workers.find(({ batches }) => batches.length > 0);
    retiring?.claim();
    giveUp(harness, 2);
    retiring?.end();
    harness.submit('b');
    harness.worker(0).claim();
    vi.advanceTimersByTime(1000);
    harness.backend.boot();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [b*]
      worker 6:
      worker 7:
      rejected: a (WorkerCrashedError)"
    `);
  });

  test('a replacement that is starting takes the place of a worker that dies', async () => {
    const harness = Harness.booted({ workers: 1, maxTasksPerWorker: 1 });
    harness.submit('ab');
    harness.worker(0).claim();
    harness.worker(0).end();
    harness.worker(1).boot();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 1: [b]
      worker 2 (booting):
      rejected: a (WorkerCrashedError)"
    `);
  });

  test('a replacement that cannot be started never makes more workers than there should be', async () => {
    const harness = Harness.booted({ workers: 2, maxTasksPerWorker: 1 });
    harness.submit('a');
    const retiring = harness.backend.workers.find(({ batches }) => batches.length > 0);
    retiring?.claim();
    giveUp(harness, 2);
    harness.submit('bcd');
    harness.backend.boot();
    await harness.tick();
    for (const worker of harness.backend.alive) worker.claim();
    const running = harness.backend.alive.filter((worker) => worker.running !== undefined);
    expect(running.length).toBeLessThanOrEqual(2);
  });
});

/** Lets worker `first` and its three further attempts fail to start. */
function giveUp(harness: Harness, first: number, cause?: Error): void {
  harness.worker(first).end(1, cause);
  for (const [index, pauseMs] of [50, 100, 200].entries()) {
    vi.advanceTimersByTime(pauseMs);
    harness.worker(first + 1 + index).end(1, cause);
  }
}
