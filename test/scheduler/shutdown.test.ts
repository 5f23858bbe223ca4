import { describe, expect, test } from 'vitest';
import { settlementOf } from '../support/settling.ts';
import { Bench } from './bench.ts';

/** One task runs, one is on its way, one is queued, one waits. */
async function full(): Promise<Bench> {
  const bench = Bench.booted({ workers: 1, maxPending: 3 });
  bench.submit('abcdw');
  await bench.tick();
  bench.worker(0).claim();
  return bench;
}

async function drain(bench: Bench): Promise<void> {
  await bench.tick();
  for (const worker of bench.backend.workers) {
    while (worker.state === 'up' && (worker.running !== undefined || worker.claim())) {
      worker.finish();
      await bench.tick();
    }
  }
}

async function endThreads(bench: Bench): Promise<void> {
  await bench.tick();
  for (const worker of bench.backend.alive) if (worker.state === 'terminating') worker.end();
}

describe('shutdown', () => {
  test("'drain' runs what was admitted, and refuses who waits", async () => {
    const bench = await full();
    const closed = bench.scheduler.shutdown('drain');
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a*] [b]
      queued: c d
      rejected: w (ExecutorClosedError)"
    `);
    await drain(bench);
    expect(await settlementOf(closed)).toBe('pending');
    await endThreads(bench);
    await closed;
    expect(bench.show()).toMatchInlineSnapshot(`
      "fulfilled: a, b, c, d
      rejected: w (ExecutorClosedError)"
    `);
  });

  test("'cancel' cancels what has not started, and lets the rest finish", async () => {
    const bench = await full();
    const closed = bench.scheduler.shutdown('cancel');
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a*] [b-]
      rejected: w (ExecutorClosedError)
      cancelled: b (ExecutorClosedError), c (ExecutorClosedError), d (ExecutorClosedError)"
    `);
    await drain(bench);
    await endThreads(bench);
    await closed;
    expect(bench.show()).toMatchInlineSnapshot(`
      "fulfilled: a
      rejected: w (ExecutorClosedError)
      cancelled: b (ExecutorClosedError), c (ExecutorClosedError), d (ExecutorClosedError)"
    `);
  });

  test("'kill' cancels what runs as well, and ends the threads", async () => {
    const bench = await full();
    const closed = bench.scheduler.shutdown('kill');
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0 (terminating): [a*] [b-]
      rejected: w (ExecutorClosedError)
      cancelled: a (ExecutorClosedError), b (ExecutorClosedError), c (ExecutorClosedError), d (ExecutorClosedError)"
    `);
    await endThreads(bench);
    await closed;
    expect(bench.scheduler.admission).toMatchObject({ placesTaken: 0, bytesTaken: 0 });
    expect(bench.scheduler.state).toBe('closed');
  });

  test('may be hurried, and never slowed down', async () => {
    const bench = await full();
    const first = bench.scheduler.shutdown('drain');
    void bench.scheduler.shutdown('cancel');
    expect(bench.scheduler.state).toBe('cancelling');
    void bench.scheduler.shutdown('drain');
    expect(bench.scheduler.state).toBe('cancelling');
    void bench.scheduler.shutdown('kill');
    expect(bench.scheduler.state).toBe('killing');
    await endThreads(bench);
    await first;
    await bench.scheduler.shutdown('drain');
    expect(bench.scheduler.state).toBe('closed');
  });

  test('while threads boot waits for nothing but their end', async () => {
    const bench = new Bench({ workers: 2 });
    const closed = bench.scheduler.shutdown('drain');
    await endThreads(bench);
    await closed;
    expect(bench.backend.workers).toHaveLength(2);
  });

  test('lets nobody in: who waited behind a large task is refused as well', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 10, maxPendingBytes: 100 });
    bench.submit('r');
    await bench.tick();
    bench.worker(0).claim();
    bench.submit('p', {}, [new Uint8Array(60)]);
    bench.submit('l', {}, [new Uint8Array(90)]);
    bench.submit('s', {}, [new Uint8Array(10)]);
    void bench.scheduler.shutdown('drain');
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [r*]
      queued: p
      rejected: l (ExecutorClosedError), s (ExecutorClosedError)"
    `);
  });

  test('a thread that dies while the executor drains is replaced, so that nothing hangs', async () => {
    const bench = await full();
    const closed = bench.scheduler.shutdown('drain');
    bench.worker(0).end();
    bench.worker(1).boot();
    await drain(bench);
    await endThreads(bench);
    await closed;
    expect(bench.show()).toMatchInlineSnapshot(`
      "fulfilled: b, c, d
      rejected: a (WorkerCrashedError), w (ExecutorClosedError)"
    `);
  });

  test('a thread that dies while threads are ended is not replaced', async () => {
    const bench = Bench.booted({ workers: 2 });
    const closed = bench.scheduler.shutdown('drain');
    await bench.tick();
    bench.worker(0).end();
    bench.worker(1).end();
    await closed;
    expect(bench.backend.workers).toHaveLength(2);
  });
});
