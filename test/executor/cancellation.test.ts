import { describe, expect } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { test } from '../support/executor-test.ts';
import { collect, reasonOf, rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

/** Any value may be a reason, and it must arrive as it is. */
const reasons = [new Error('why'), { plain: 'object' }, 'text', 0, null];

describe('a signal', () => {
  test.for(reasons)(
    'ends the wait for a place with its own reason: %s',
    async (reason, { gate, makeExecutor }) => {
      const executor = makeExecutor({ workers: 1, maxPending: 0 });
      await executor.submit(work.pass(gate.shared));
      await gate.arrivals();
      const controller = new AbortController();
      const waiting = reasonOf(executor.submit(work.count(gate.shared), { signal: controller.signal }));
      controller.abort(reason);
      expect(await waiting).toBe(reason);
      expect(executor.stats()).toMatchObject({ waiting: 0, cancelled: 1, pending: 0 });
      gate.open();
      await executor.shutdown();
      expect(gate.count).toBe(0);
    },
  );

  test.for(reasons)(
    'cancels a pending task with its own reason: %s',
    async (reason, { gate, makeExecutor }) => {
      const executor = makeExecutor({ workers: 1, maxPending: 1 });
      await executor.submit(work.pass(gate.shared));
      await gate.arrivals();
      const controller = new AbortController();
      const future = await executor.submit(work.count(gate.shared), { signal: controller.signal });
      expect(future.state).toBe('pending');
      controller.abort(reason);
      expect(future.state).toBe('cancelled');
      expect(await reasonOf(future.result())).toBe(reason);
      expect(executor.trySubmit(work.echo(1)), 'its place is free at once').not.toBeNull();
      gate.open();
      await executor.shutdown();
      expect(gate.count).toBe(0);
    },
  );

  test.for(reasons)(
    'settles a running task at once, with its own reason: %s',
    async (reason, { gate, makeExecutor }) => {
      const executor = makeExecutor({ workers: 1, maxPending: 0 });
      const controller = new AbortController();
      const future = await executor.submit(work.pass(gate.shared), { signal: controller.signal });
      await gate.arrivals();
      // Over a cluster it is said to run when that has been heard.
      await eventually(() => expect(future.state).toBe('running'));
      controller.abort(reason);
      expect(future.state).toBe('cancelled');
      expect(await future.outcome()).toMatchObject({ status: 'cancelled', reason });
      expect(executor.trySubmit(work.echo(1)), 'its worker is busy until it returns').toBeNull();
      expect(executor.stats()).toMatchObject({ busy: 1, pending: 0, cancelled: 1 });
    },
  );

  test('that was aborted before refuses the submission, and the task never runs', async ({
    gate,
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1 });
    const signal = AbortSignal.abort('before');
    expect(await reasonOf(executor.submit(work.count(gate.shared), { signal }))).toBe('before');
    expect(await reasonOf(executor.run(work.count(gate.shared).with({ signal })))).toBe('before');
    let thrown: unknown;
    try {
      executor.trySubmit(work.count(gate.shared), { signal });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe('before');
    await executor.shutdown();
    expect(gate.count).toBe(0);
  });

  test('that was aborted before keeps a task of a stream from running', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    const task = work.count(gate.shared).with({ signal: AbortSignal.abort('before') });
    const [future] = await collect(executor.asCompleted([task]));
    expect(future?.state).toBe('cancelled');
    expect(gate.count).toBe(0);
  });

  test('of many tasks ends them all, wherever they stand, and nothing hangs', async ({
    gate,
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 2 });
    const controller = new AbortController();
    const { signal } = controller;
    const running = await executor.submit(work.pass(gate.shared), { signal });
    await gate.arrivals();
    const pending = [await executor.submit(work.count(gate.shared), { signal })];
    pending.push(await executor.submit(work.count(gate.shared), { signal }));
    const waiting = [1, 2, 3].map(() => executor.submit(work.count(gate.shared), { signal }));
    const ends = waiting.map((submission) => submission.catch((error: unknown) => error));
    const reason = new Error('all of you');
    controller.abort(reason);
    for (const future of [running, ...pending]) expect(future.state).toBe('cancelled');
    expect(await Promise.all(ends)).toEqual([reason, reason, reason]);
    expect(executor.stats()).toMatchObject({ waiting: 0, pending: 0, cancelled: 6 });
    gate.open();
    await executor.shutdown();
    expect(gate.count).toBe(0);
  });
});

describe('cancel', () => {
  test('says whether the future is cancelled now', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    const finished = await executor.submit(work.echo(1));
    await finished.result();
    expect(finished.cancel()).toBe(false);
    const running = await executor.submit(work.pass(gate.shared));
    await gate.arrivals();
    expect(running.cancel()).toBe(true);
    expect(running.cancel()).toBe(true);
  });

  test('without a reason rejects with an AbortError', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    const future = await executor.submit(work.pass(gate.shared));
    future.cancel();
    const error = await reasonOf(future.result());
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toMatchObject({ name: 'AbortError' });
  });

  test('with interrupt ends an endless task, and the executor goes on', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, interruptGraceMs: 1 });
    const endless = await executor.submit(work.spin(), { interrupt: true });
    const behind = await executor.submit(work.echo('behind'));
    while (endless.state !== 'running') await rounds(1);
    expect(endless.cancel('enough', { interrupt: true })).toBe(true);
    expect(await endless.outcome()).toMatchObject({ status: 'cancelled', reason: 'enough' });
    expect(await behind.result()).toBe('behind');
  });
});

describe('times', () => {
  test('timeoutMs ends an endless task, and nothing else', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, interruptGraceMs: 1 });
    const endless = await executor.submit(work.spin(), { timeoutMs: 5 });
    const behind = await executor.submit(work.echo('behind'));
    expect(await reasonOf(endless.result())).toMatchObject({ name: 'TaskTimeoutError', phase: 'running' });
    expect(await behind.result()).toBe('behind');
  });

  test('timeoutMs counts from the start of the task, not from its submission', async ({
    gate,
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1 });
    const first = await executor.submit(work.pass(gate.shared));
    const second = await executor.submit(work.echo('in time'), { timeoutMs: 60_000 });
    gate.open();
    await first.result();
    expect(await second.result()).toBe('in time');
    expect(second.timing.startedAt).toBeGreaterThanOrEqual(first.timing.endedAt as number);
  });

  test('deadlineMs settles a running task, and its worker stays busy until it returns', async ({
    gate,
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    await executor.run(work.echo('the module is loaded'));
    const future = await executor.submit(work.pass(gate.shared), { deadlineMs: 3000 });
    await gate.arrivals();
    expect(await reasonOf(future.result())).toMatchObject({ name: 'TaskTimeoutError', phase: 'running' });
    expect(executor.trySubmit(work.echo(1))).toBeNull();
    gate.open();
    const next = await executor.submit(work.thread());
    expect(await next.result()).toEqual(expect.any(Number));
  });
});
