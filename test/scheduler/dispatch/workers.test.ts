import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reasonOf, settlementOf } from '../../support/settling.ts';
import { Bench } from '../bench.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a worker that cannot be started', () => {
  test('is tried again after growing pauses', () => {
    const bench = new Bench({ workers: 1 });
    const started = () => bench.backend.workers.length;
    bench.worker(0).end(1);
    for (const pauseMs of [50, 100, 200]) {
      const before = started();
      vi.advanceTimersByTime(pauseMs - 1);
      expect(started()).toBe(before);
      vi.advanceTimersByTime(1);
      expect(started()).toBe(before + 1);
      bench.worker(before).end(1);
    }
    vi.advanceTimersByTime(60_000);
    expect(started()).toBe(4);
  });

  test('four times fails everything that waits for it, with the reason', async () => {
    const bench = new Bench({ workers: 1 });
    const ready = bench.scheduler.ready();
    bench.submit('ab');
    const cause = new Error('bad flag');
    giveUp(bench, 0, cause);
    expect(bench.show()).toMatchInlineSnapshot(`"rejected: a (WorkerCrashedError), b (WorkerCrashedError)"`);
    expect(bench.job('a').value).toMatchObject({ cause });
    expect(await reasonOf(ready)).toMatchObject({ name: 'WorkerCrashedError', cause });
    expect(bench.scheduler.admission.placesTaken).toBe(0);
  });

  test('is told to callers that wait for a place as well, at once', async () => {
    const bench = new Bench({ workers: 1, maxPending: 0 });
    bench.submit('abc');
    const reserved = bench.scheduler.reserve();
    const cause = new Error('bad flag');
    giveUp(bench, 0, cause);
    expect(bench.show()).toMatchInlineSnapshot(
      `"rejected: a (WorkerCrashedError), b (WorkerCrashedError), c (WorkerCrashedError)"`,
    );
    expect(await reasonOf(reserved.promise)).toMatchObject({ cause });
    expect(bench.scheduler.stats()).toMatchObject({ rejected: 1, refused: 2, waiting: 0, pending: 0 });
    expect(bench.backend.workers).toHaveLength(4);
  });

  test('is started anew by the next submission', async () => {
    const bench = new Bench({ workers: 1 });
    giveUp(bench, 0);
    bench.submit('a');
    bench.worker(4).boot();
    bench.worker(4).finish();
    expect(bench.job('a').status).toBe('fulfilled');
  });

  test('leaves the work to those that could be', async () => {
    const bench = new Bench({ workers: 2 });
    bench.worker(0).boot();
    bench.worker(1).end();
    for (const [index, pauseMs] of [50, 100, 200].entries()) {
      vi.advanceTimersByTime(pauseMs);
      bench.worker(index + 2).end();
    }
    bench.submit('ab');
    await bench.tick();
    bench.worker(0).finish();
    await bench.tick();
    bench.worker(0).finish();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0:
      worker 5 (booting):
      fulfilled: a, b"
    `);
  });
});

describe('ready()', () => {
  test('resolves when all workers are up, and not before', async () => {
    const bench = new Bench({ workers: 2 });
    const ready = bench.scheduler.ready();
    bench.worker(1).boot();
    expect(await settlementOf(ready)).toBe('pending');
    bench.worker(0).boot();
    expect(await settlementOf(ready)).toBe('fulfilled');
  });

  test('rejects when the executor is shut down meanwhile', async () => {
    const bench = new Bench({ workers: 1 });
    const ready = reasonOf(bench.scheduler.ready());
    const closed = bench.scheduler.shutdown('kill');
    await bench.tick();
    for (const worker of bench.backend.workers) worker.end();
    await closed;
    expect(await settlementOf(ready)).toBe('fulfilled');
    expect(await ready).toMatchObject({ name: 'ExecutorClosedError' });
  });
});

describe('maxTasksPerWorker', () => {
  test('the replacement is started first, and takes over when the last task is through', async () => {
    const bench = Bench.booted({ workers: 1, maxTasksPerWorker: 2 });
    bench.submit('abc');
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a] [b]
      worker 1 (booting):
      queued: c"
    `);
    bench.worker(1).boot();
    bench.worker(0).finish();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [b]
      worker 1:
      queued: c
      fulfilled: a"
    `);
    bench.worker(0).finish();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0 (terminating):
      worker 1: [c]
      fulfilled: a, b"
    `);
  });

  test('a worker that retires goes on until its replacement is up, and gets nothing new', async () => {
    const bench = Bench.booted({ workers: 1, maxTasksPerWorker: 1 });
    bench.submit('ab');
    bench.worker(0).finish();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0:
      worker 1 (booting):
      queued: b
      fulfilled: a"
    `);
    bench.worker(1).boot();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0 (terminating):
      worker 1: [b]
      worker 2 (booting):
      fulfilled: a"
    `);
  });

  test('a replacement that dies before its turn is replaced in its turn', async () => {
    const bench = Bench.booted({ workers: 1, maxTasksPerWorker: 1 });
    bench.submit('a');
    bench.worker(0).claim();
    bench.worker(1).boot();
    bench.worker(1).end();
    bench.worker(0).finish();
    bench.submit('b');
    vi.advanceTimersByTime(1000);
    bench.backend.boot();
    await bench.tick();
    expect(bench.job('b').value).toBeUndefined();
    bench.backend.alive.find(({ deliveries }) => deliveries.length > 0)?.finish('ran');
    expect(bench.job('b')).toMatchObject({ status: 'fulfilled', value: 'ran' });
  });

  test('a worker that dies while its replacement waits for another attempt is replaced once', async () => {
    const bench = Bench.booted({ workers: 1, maxTasksPerWorker: 1 });
    bench.submit('abc');
    bench.worker(0).claim();
    bench.worker(1).end();
    bench.worker(0).end();
    bench.worker(2).boot();
    bench.worker(2).claim();
    vi.advanceTimersByTime(1000);
    bench.backend.boot();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 2: [b*]
      worker 3:
      queued: c
      rejected: a (WorkerCrashedError)"
    `);
  });

  test('so is one that dies when starting its replacement was given up', async () => {
    const bench = Bench.booted({ workers: 2, maxTasksPerWorker: 1 });
    bench.submit('a');
    const retiring = bench.backend.workers.find(({ deliveries }) => deliveries.length > 0);
    retiring?.claim();
    giveUp(bench, 2);
    retiring?.end();
    bench.submit('b');
    vi.advanceTimersByTime(1000);
    bench.backend.boot();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [b]
      worker 6:
      worker 7:
      rejected: a (WorkerCrashedError)"
    `);
  });

  test('a replacement that is starting takes the place of a worker that dies', async () => {
    const bench = Bench.booted({ workers: 1, maxTasksPerWorker: 1 });
    bench.submit('ab');
    bench.worker(0).claim();
    bench.worker(0).end();
    bench.worker(1).boot();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 1: [b]
      worker 2 (booting):
      rejected: a (WorkerCrashedError)"
    `);
  });

  test('a replacement that cannot be started never makes more workers than there should be', async () => {
    const bench = Bench.booted({ workers: 2, maxTasksPerWorker: 1 });
    bench.submit('a');
    const retiring = bench.backend.workers.find(({ deliveries }) => deliveries.length > 0);
    retiring?.claim();
    giveUp(bench, 2);
    bench.submit('bcd');
    bench.backend.boot();
    await bench.tick();
    for (const worker of bench.backend.alive) worker.claim();
    const running = bench.backend.alive.filter((worker) => worker.running !== undefined);
    expect(running.length).toBeLessThanOrEqual(2);
  });
});

/** Lets worker `first` and its three further attempts fail to start. */
function giveUp(bench: Bench, first: number, cause?: Error): void {
  bench.worker(first).end(1, cause);
  for (const [index, pauseMs] of [50, 100, 200].entries()) {
    vi.advanceTimersByTime(pauseMs);
    bench.worker(first + 1 + index).end(1, cause);
  }
}
