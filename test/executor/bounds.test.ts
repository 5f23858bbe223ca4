import { SaturatedError } from 'millrace';
import { describe, expect } from 'vitest';
import { test } from '../support/executor-test.ts';
import { reasonOf, rounds, settlementOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

describe('bounded', () => {
  test('what would make room is asked of futures only', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    for (const some of [undefined, 5, {}]) {
      const message = /^futures must be an iterable of futures, not /;
      expect(() => executor.evictionsFor(work.echo(1), some as never)).toThrow(message);
    }
    await executor.submit(work.pass(gate.shared));
    for (const some of [[5], 'ab', [{}]])
      expect(() => executor.evictionsFor(work.echo(1), some as never)).toThrow(/^not a future: /);
  });

  test('never more than workers + maxPending tasks are admitted', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 2, maxPending: 3 });
    const submissions = Array.from({ length: 10 }, () => executor.submit(work.pass(gate.shared)));
    await gate.arrivals(2);
    await rounds();
    expect(executor.stats()).toMatchObject({ running: 2, pending: 3, waiting: 5, saturated: true });
    expect(executor.capacity).toBe(5);
    gate.open();
    const futures = await Promise.all(submissions);
    await Promise.all(futures.map((future) => future.result()));
    expect(executor.stats()).toMatchObject({ running: 0, pending: 0, waiting: 0, fulfilled: 10 });
  });

  test('maxPending 0 admits a task only to a free worker', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    const first = await executor.submit(work.pass(gate.shared));
    expect(executor.trySubmit(work.echo(1))).toBeNull();
    gate.open();
    await first.result();
    expect(executor.trySubmit(work.echo(1))).not.toBeNull();
  });

  test('maxPendingBytes bounds the arguments of what has not started', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPendingBytes: 1000 });
    await executor.submit(work.pass(gate.shared));
    await gate.arrivals();
    await rounds();
    const bytes = () => work.byteLength(new Uint8Array(400));
    expect(executor.trySubmit(bytes())).not.toBeNull();
    expect(executor.trySubmit(bytes())).not.toBeNull();
    expect(executor.trySubmit(bytes())).toBeNull();
    expect(executor.stats().pendingBytes).toBe(800);
    const third = executor.submit(bytes());
    expect(await settlementOf(third)).toBe('pending');
    gate.open();
    expect(await (await third).result()).toBe(400);
    expect(executor.stats().pendingBytes).toBe(0);
  });

  test('a task larger than maxPendingBytes is admitted when nothing else is pending', async ({
    gate,
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1, maxPendingBytes: 1000 });
    await executor.submit(work.pass(gate.shared));
    await gate.arrivals();
    // Its worker tells in a message that it has begun.
    await rounds();
    expect(executor.trySubmit(work.byteLength(new Uint8Array(5000)))).not.toBeNull();
    expect(executor.trySubmit(work.byteLength(new Uint8Array(1)))).toBeNull();
    const small = executor.submit(work.byteLength(new Uint8Array(1)));
    gate.open();
    expect(await (await small).result()).toBe(1);
  });
});

describe('submit', () => {
  test('resolves at admission, in the order of the calls', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    const order: number[] = [];
    await executor.submit(work.pass(gate.shared));
    const waiting = Array.from({ length: 20 }, (_, index) =>
      executor.submit(work.echo(index)).then((future) => {
        order.push(index);
        return future.result();
      }),
    );
    gate.open();
    await Promise.all(waiting);
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  test('a large task is not starved by small ones', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPendingBytes: 1000 });
    const order: string[] = [];
    await executor.submit(work.pass(gate.shared));
    await gate.arrivals();
    await rounds();
    await executor.submit(work.byteLength(new Uint8Array(600)));
    const large = executor.submit(work.byteLength(new Uint8Array(900))).then(() => order.push('large'));
    const small = executor.submit(work.byteLength(new Uint8Array(1))).then(() => order.push('small'));
    expect(executor.trySubmit(work.byteLength(new Uint8Array(1)))).toBeNull();
    gate.open();
    await Promise.all([large, small]);
    expect(order).toEqual(['large', 'small']);
  });

  test('maxWaiting refuses one caller more', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0, maxWaiting: 1 });
    await executor.submit(work.pass(gate.shared));
    const waiting = executor.submit(work.echo(1));
    const error = await reasonOf(executor.submit(work.echo(2)));
    expect(error).toBeInstanceOf(SaturatedError);
    expect(error).toMatchObject({ code: 'ERR_MILLRACE_SATURATED', limit: 1, retryAfterMs: undefined });
    expect(executor.stats()).toMatchObject({ waiting: 1, refused: 1 });
    gate.open();
    expect(await (await waiting).result()).toBe(1);
  });

  test('maxWaitMs ends the wait, and the task never runs', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    await executor.run(work.echo(0));
    await executor.submit(work.pass(gate.shared));
    const error = await reasonOf(executor.submit(work.count(gate.shared), { maxWaitMs: 5 }));
    expect(error).toBeInstanceOf(SaturatedError);
    expect(error).toMatchObject({ limit: 1, retryAfterMs: expect.any(Number) as number });
    gate.open();
    await executor.shutdown();
    expect(gate.count).toBe(0);
  });

  test('deadlineMs ends the wait as well', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    await executor.submit(work.pass(gate.shared));
    const error = await reasonOf(executor.submit(work.count(gate.shared), { deadlineMs: 5 }));
    expect(error).toMatchObject({ name: 'TaskTimeoutError', phase: 'waiting' });
  });
});

test('trySubmit never waits: null when saturated, counted as submitted and refused', async ({
  gate,
  makeExecutor,
}) => {
  const executor = makeExecutor({ workers: 1, maxPending: 1 });
  const futures = [1, 2, 3].map(() => executor.trySubmit(work.pass(gate.shared)));
  expect(futures.map((future) => future === null)).toEqual([false, false, true]);
  expect(executor.stats()).toMatchObject({ submitted: 3, refused: 1 });
  gate.open();
  await executor.shutdown();
  expect(() => executor.trySubmit(work.echo(1))).toThrow(
    expect.objectContaining({ name: 'ExecutorClosedError' }),
  );
});

test('the books balance at every instant', async ({ makeExecutor }) => {
  const executor = makeExecutor({ workers: 2, maxPending: 2, maxWaiting: 4 });
  const check = () => {
    const { submitted, waiting, refused, pending, running, fulfilled, rejected, cancelled } =
      executor.stats();
    expect(waiting + refused + pending + running + fulfilled + rejected + cancelled).toBe(submitted);
    expect(running).toBeLessThanOrEqual(2);
    expect(running + pending).toBeLessThanOrEqual(4);
    expect(Math.min(waiting, pending, running)).toBeGreaterThanOrEqual(0);
  };
  const ends: Promise<unknown>[] = [];
  for (let index = 0; index < 200; index++) {
    const task = index % 3 === 0 ? work.reject(index) : work.echo(index);
    const submission = executor.submit(task);
    ends.push(
      submission.then(
        async (future) => {
          check();
          if (index % 5 === 0) future.cancel();
          check();
          await future.outcome();
          check();
        },
        () => check(),
      ),
    );
    check();
    if (index % 7 === 0) await rounds(1);
  }
  await Promise.all(ends);
  expect(executor.stats()).toMatchObject({ submitted: 200, pending: 0, running: 0, waiting: 0 });
});

test('a snapshot of the books does not change', async ({ makeExecutor }) => {
  const executor = makeExecutor({ workers: 1 });
  const before = executor.stats();
  await executor.run(work.echo(1));
  expect(before).toMatchObject({ submitted: 0, fulfilled: 0 });
  expect(Object.isFrozen(before)).toBe(true);
  expect(executor.stats()).toMatchObject({ submitted: 1, fulfilled: 1, runTimeMs: { count: 1 } });
});
