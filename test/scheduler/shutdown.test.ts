import { describe, expect, test } from 'vitest';
import { settlementOf } from '../support/settling.ts';
import { Harness } from './harness.ts';

/** One task runs, one is on its way, one is queued, one waits. */
async function full(): Promise<Harness> {
  const harness = Harness.booted({ workers: 1, maxPending: 3 });
  harness.submit('abcdw');
  await harness.tick();
  harness.worker(0).claim();
  return harness;
}

async function drain(harness: Harness): Promise<void> {
  await harness.tick();
  for (const worker of harness.backend.workers) {
    while (worker.state === 'up' && (worker.running !== undefined || worker.claim())) {
      worker.finish();
      await harness.tick();
    }
  }
}

async function endThreads(harness: Harness): Promise<void> {
  await harness.tick();
  for (const worker of harness.backend.alive) if (worker.state === 'terminating') worker.end();
}

describe('shutdown', () => {
  test("'drain' runs what was admitted, and refuses who waits", async () => {
    const harness = await full();
    const closed = harness.scheduler.shutdown('drain');
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a*] [b]
      queued: c d
      rejected: w (ExecutorClosedError)"
    `);
    await drain(harness);
    expect(await settlementOf(closed)).toBe('pending');
    await endThreads(harness);
    await closed;
    expect(harness.show()).toMatchInlineSnapshot(`
      "fulfilled: a, b, c, d
      rejected: w (ExecutorClosedError)"
    `);
  });

  test("'cancel' cancels what has not started, and lets the rest finish", async () => {
    const harness = await full();
    const closed = harness.scheduler.shutdown('cancel');
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a*] [b-]
      rejected: w (ExecutorClosedError)
      cancelled: b (ExecutorClosedError), c (ExecutorClosedError), d (ExecutorClosedError)"
    `);
    await drain(harness);
    await endThreads(harness);
    await closed;
    expect(harness.show()).toMatchInlineSnapshot(`
      "fulfilled: a
      rejected: w (ExecutorClosedError)
      cancelled: b (ExecutorClosedError), c (ExecutorClosedError), d (ExecutorClosedError)"
    `);
  });

  test("'kill' cancels what runs as well, and ends the threads", async () => {
    const harness = await full();
    const closed = harness.scheduler.shutdown('kill');
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0 (terminating): [a*] [b-]
      rejected: w (ExecutorClosedError)
      cancelled: a (ExecutorClosedError), b (ExecutorClosedError), c (ExecutorClosedError), d (ExecutorClosedError)"
    `);
    await endThreads(harness);
    await closed;
    expect(harness.scheduler.admission).toMatchObject({ placesTaken: 0, bytesTaken: 0 });
    expect(harness.scheduler.state).toBe('closed');
  });

  test('may be hurried, and never slowed down', async () => {
    const harness = await full();
    const first = harness.scheduler.shutdown('drain');
    void harness.scheduler.shutdown('cancel');
    expect(harness.scheduler.state).toBe('cancelling');
    void harness.scheduler.shutdown('drain');
    expect(harness.scheduler.state).toBe('cancelling');
    void harness.scheduler.shutdown('kill');
    expect(harness.scheduler.state).toBe('killing');
    await endThreads(harness);
    await first;
    await harness.scheduler.shutdown('drain');
    expect(harness.scheduler.state).toBe('closed');
  });

  test('while threads boot waits for nothing but their end', async () => {
    const harness = new Harness({ workers: 2 });
    const closed = harness.scheduler.shutdown('drain');
    await endThreads(harness);
    await closed;
    expect(harness.backend.workers).toHaveLength(2);
  });

  test('lets nobody in: who waited behind a large task is refused as well', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 10, maxPendingBytes: 100 });
    harness.submit('r');
    await harness.tick();
    harness.worker(0).claim();
    harness.submit('p', {}, [new Uint8Array(60)]);
    harness.submit('l', {}, [new Uint8Array(90)]);
    harness.submit('s', {}, [new Uint8Array(10)]);
    void harness.scheduler.shutdown('drain');
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [r*]
      queued: p
      rejected: l (ExecutorClosedError), s (ExecutorClosedError)"
    `);
  });

  test('a thread that dies while the executor drains is replaced, so that nothing hangs', async () => {
    const harness = await full();
    const closed = harness.scheduler.shutdown('drain');
    harness.worker(0).end();
    harness.worker(1).boot();
    await drain(harness);
    await endThreads(harness);
    await closed;
    expect(harness.show()).toMatchInlineSnapshot(`
      "fulfilled: b, c, d
      rejected: a (WorkerCrashedError), w (ExecutorClosedError)"
    `);
  });

  test('a thread that dies while threads are ended is not replaced', async () => {
    const harness = Harness.booted({ workers: 2 });
    const closed = harness.scheduler.shutdown('drain');
    await harness.tick();
    harness.worker(0).end();
    harness.worker(1).end();
    await closed;
    expect(harness.backend.workers).toHaveLength(2);
  });
});
