import { describe, expect, test } from 'vitest';
import { Bench } from '../bench.ts';

/** One worker with five quick tasks, three of them in one delivery. */
async function batch(options: Parameters<typeof Bench.booted>[0] = {}, retries = 0): Promise<Bench> {
  const bench = Bench.booted({ workers: 1, ...options });
  for (const name of 'abcde') {
    bench.submit(name);
    bench.worker(0).finish('learnt', { ms: 0.01 });
    await bench.tick();
  }
  bench.submit('x');
  bench.submit('abcde', { retries });
  await bench.tick();
  bench.worker(0).finish();
  await bench.tick();
  expect(bench.worker(0).deliveries.map(({ jobs }) => jobs.length)).toEqual([3, 2]);
  return bench;
}

describe('a thread that dies', () => {
  test('takes only the task with it that it ran; what it had not begun runs elsewhere, in order', async () => {
    const bench = await batch();
    bench.worker(0).finish();
    bench.worker(0).claim();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a+ b* c] [d e]
      fulfilled: a, x"
    `);
    bench.worker(0).end(3);
    bench.worker(1).boot();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 1: [c d] [e]
      fulfilled: a, x
      rejected: b (WorkerCrashedError)"
    `);
    expect(bench.job('b').value).toMatchObject({ exitCode: 3, task: 'b', finished: false });
  });

  test('and had results in hand: those are lost, say so, and do not run twice', async () => {
    const bench = await batch({}, 5);
    bench.worker(0).finish('lost', { hold: true });
    bench.worker(0).claim();
    bench.worker(0).end(undefined, new Error('out of memory'));
    bench.worker(1).boot();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 1: [b c] [d e]
      fulfilled: x
      rejected: a (WorkerCrashedError, finished)"
    `);
    expect(bench.job('a').value).toMatchObject({ finished: true, cause: new Error('out of memory') });
  });

  test('while idle costs nothing', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.worker(0).end();
    bench.worker(1).boot();
    bench.submit('a');
    bench.worker(1).finish();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 1:
      fulfilled: a"
    `);
  });

  test('with two deliveries in hand gives back both in the order of submission', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('abcd');
    await bench.tick();
    bench.worker(0).claim();
    bench.worker(0).end();
    bench.worker(1).boot();
    for (let left = 3; left > 0; left--) {
      bench.worker(1).finish();
      await bench.tick();
    }
    expect(bench.worker(1).ran.map(({ label }) => label)).toEqual(['b', 'c', 'd']);
  });

  test('while a cancelled task ran: its place is free, and nothing settles twice', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 0 });
    bench.submit('a');
    bench.worker(0).claim();
    bench.cancel('a');
    bench.worker(0).end();
    expect(bench.job('a').status).toBe('cancelled');
    expect(bench.scheduler.admission.placesTaken).toBe(0);
  });

  test('before it began a task whose buffers had moved to it: it is lost with them, and says so', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('a');
    bench.worker(0).finish('quick', { ms: 0.01 });
    // One that is known to be quick may have others behind it that can't be recalled.
    bench.submit('a');
    bench.submit('t', { transfer: [new ArrayBuffer(8)] });
    await bench.tick();
    bench.worker(0).claim();
    bench.worker(0).end();
    expect(bench.job('t').value).toMatchObject({ name: 'WorkerCrashedError', finished: false });
    expect((bench.job('t').value as Error).message).toContain('buffers that had moved');
  });
});

describe('a task that three threads have died of before they could begin it', () => {
  test('is lost, says so, and the others go on', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('abc');
    const cause = new Error('out of memory');
    for (const index of [0, 1, 2]) {
      bench.worker(index).boot();
      await bench.tick();
      expect(bench.job('a').done).toBe(false);
      bench.worker(index).end(1, cause);
    }
    bench.worker(3).boot();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 3: [b] [c]
      rejected: a (WorkerCrashedError)"
    `);
    expect(bench.job('a').value).toMatchObject({ exitCode: 1, cause, finished: false });
    expect((bench.job('a').value as Error).message).toContain('as 2 others had before');
  });

  test('is never one that was only behind those', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('abcdex');
    for (let index = 0; index < 5; index++) {
      if (index > 0) bench.worker(index).boot();
      await bench.tick();
      bench.worker(index).claim();
      bench.worker(index).end();
    }
    bench.worker(5).boot();
    bench.worker(5).finish();
    expect(bench.show()).toMatch(/fulfilled: x/);
  });

  test('of those that travelled with it, it is the only one', async () => {
    const bench = await batch();
    for (const index of [0, 1, 2]) {
      if (index > 0) bench.worker(index).boot();
      await bench.tick();
      bench.worker(index).end();
    }
    bench.worker(3).boot();
    for (const name of 'bcde') {
      bench.worker(3).finish();
      await bench.tick();
      expect(bench.job(name).status).toBe('fulfilled');
    }
    expect(bench.job('a').status).toBe('rejected');
  });
});

describe('retries', () => {
  test('a task runs again after a crash as often as it may', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('a', { retries: 2 });
    for (const index of [0, 1, 2]) {
      if (index > 0) bench.worker(index).boot();
      await bench.tick();
      bench.worker(index).claim();
      expect(bench.job('a').done).toBe(false);
      bench.worker(index).end();
    }
    expect(bench.job('a')).toMatchObject({ status: 'rejected', value: { name: 'WorkerCrashedError' } });
    expect(bench.scheduler.admission.placesTaken).toBe(0);
  });

  test('never after an error of its own', () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('a', { retries: 2 });
    bench.worker(0).fail('own error');
    expect(bench.job('a')).toMatchObject({ status: 'rejected', value: 'own error' });
  });

  test('a task that is run again holds its bytes until then', () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('a', { retries: 1 }, [new Uint8Array(100)]);
    bench.worker(0).claim();
    bench.worker(0).end();
    expect(bench.scheduler.stats()).toMatchObject({ pending: 1, pendingBytes: 100 });
  });
});
