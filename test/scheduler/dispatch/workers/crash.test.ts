import { describe, expect, test } from 'vitest';
import { Harness } from '../../harness.ts';

/** One worker with five quick tasks, three of them in one batch. */
async function batch(options: Parameters<typeof Harness.booted>[0] = {}, retries = 0): Promise<Harness> {
  const harness = Harness.booted({ workers: 1, ...options });
  for (const name of 'abcde') {
    harness.submit(name);
    harness.worker(0).finish('learnt', { ms: 0.01 });
    await harness.tick();
  }
  harness.submit('x');
  harness.submit('abcde', { retries });
  await harness.tick();
  harness.worker(0).finish();
  await harness.tick();
  expect(harness.worker(0).batches.map(({ jobs }) => jobs.length)).toEqual([3, 2]);
  return harness;
}

describe('a thread that dies', () => {
  test('takes only the task with it that it ran; what it had not begun runs elsewhere, in order', async () => {
    const harness = await batch();
    harness.worker(0).finish();
    harness.worker(0).claim();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a+ b* c] [d e]
      fulfilled: a, x"
    `);
    harness.worker(0).end(3);
    harness.worker(1).boot();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 1: [c d] [e]
      fulfilled: a, x
      rejected: b (WorkerCrashedError)"
    `);
    expect(harness.job('b').value).toMatchObject({ exitCode: 3, task: 'b', finished: false });
  });

  test('and had results in hand: those are lost, say so, and do not run twice', async () => {
    const harness = await batch({}, 5);
    harness.worker(0).finish('lost', { hold: true });
    harness.worker(0).claim();
    harness.worker(0).end(undefined, new Error('out of memory'));
    harness.worker(1).boot();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 1: [b c] [d e]
      fulfilled: x
      rejected: a (WorkerCrashedError, finished)"
    `);
    expect(harness.job('a').value).toMatchObject({ finished: true, cause: new Error('out of memory') });
  });

  test('while idle costs nothing', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.worker(0).end();
    harness.worker(1).boot();
    harness.submit('a');
    harness.worker(1).finish();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 1:
      fulfilled: a"
    `);
  });

  test('with two batches in hand gives back both in the order of submission', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('abcd');
    await harness.tick();
    harness.worker(0).claim();
    harness.worker(0).end();
    harness.worker(1).boot();
    for (let left = 3; left > 0; left--) {
      harness.worker(1).finish();
      await harness.tick();
    }
    expect(harness.worker(1).ran.map(({ label }) => label)).toEqual(['b', 'c', 'd']);
  });

  test('while a cancelled task ran: its place is free, and nothing settles twice', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    harness.submit('a');
    harness.worker(0).claim();
    harness.cancel('a');
    harness.worker(0).end();
    expect(harness.job('a').status).toBe('cancelled');
    expect(harness.scheduler.admission.placesTaken).toBe(0);
  });

  test('before it began a task whose buffers had moved to it: it is lost with them, and says so', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a');
    harness.worker(0).finish('quick', { ms: 0.01 });
    // One that is known to be quick may have others behind it that can't be recalled.
    harness.submit('a');
    harness.submit('t', { transfer: [new ArrayBuffer(8)] });
    await harness.tick();
    harness.worker(0).claim();
    harness.worker(0).end();
    expect(harness.job('t').value).toMatchObject({ name: 'WorkerCrashedError', finished: false });
    expect((harness.job('t').value as Error).message).toContain('buffers that had moved');
  });
});

describe('a task that three threads have died of before they could begin it', () => {
  test('is lost, says so, and the others go on', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('abc');
    const cause = new Error('out of memory');
    for (const index of [0, 1, 2]) {
      harness.worker(index).boot();
      await harness.tick();
      expect(harness.job('a').done).toBe(false);
      harness.worker(index).end(1, cause);
    }
    harness.worker(3).boot();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 3: [b] [c]
      rejected: a (WorkerCrashedError)"
    `);
    expect(harness.job('a').value).toMatchObject({ exitCode: 1, cause, finished: false });
    expect((harness.job('a').value as Error).message).toContain('as 2 others had before');
  });

  test('is never one that was only behind those', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('abcdex');
    for (let index = 0; index < 5; index++) {
      if (index > 0) harness.worker(index).boot();
      await harness.tick();
      harness.worker(index).claim();
      harness.worker(index).end();
    }
    harness.worker(5).boot();
    harness.worker(5).finish();
    expect(harness.show()).toMatch(/fulfilled: x/);
  });

  test('of those that travelled with it, it is the only one', async () => {
    const harness = await batch();
    for (const index of [0, 1, 2]) {
      if (index > 0) harness.worker(index).boot();
      await harness.tick();
      harness.worker(index).end();
    }
    harness.worker(3).boot();
    for (const name of 'bcde') {
      harness.worker(3).finish();
      await harness.tick();
      expect(harness.job(name).status).toBe('fulfilled');
    }
    expect(harness.job('a').status).toBe('rejected');
  });
});

describe('retries', () => {
  test('a task runs again after a crash as often as it may', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a', { retries: 2 });
    for (const index of [0, 1, 2]) {
      if (index > 0) harness.worker(index).boot();
      await harness.tick();
      harness.worker(index).claim();
      expect(harness.job('a').done).toBe(false);
      harness.worker(index).end();
    }
    expect(harness.job('a')).toMatchObject({ status: 'rejected', value: { name: 'WorkerCrashedError' } });
    expect(harness.scheduler.admission.placesTaken).toBe(0);
  });

  test('never after an error of its own', () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a', { retries: 2 });
    harness.worker(0).fail('own error');
    expect(harness.job('a')).toMatchObject({ status: 'rejected', value: 'own error' });
  });

  test('a task that is run again holds its bytes until then', () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a', { retries: 1 }, [new Uint8Array(100)]);
    harness.worker(0).claim();
    harness.worker(0).end();
    expect(harness.scheduler.stats()).toMatchObject({ pending: 1, pendingBytes: 100 });
  });
});
