import { asCompleted, wait } from 'millrace';
import type { Executor, Future } from 'millrace';
import { describe, expect, vi } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import type { Gate } from '../support/gate.ts';
import { collect, reasonOf, rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });

const blocked = (executor: Executor, gate: Gate) => executor.submit(work.pass(gate.shared, 'blocked'));
const failed = async (executor: Executor) => settled(await executor.submit(work.reject('no')));
const fulfilled = async (executor: Executor) => settled(await executor.submit(work.echo(1)));

async function settled<R>(future: Future<R>): Promise<Future<R>> {
  await future.outcome();
  return future;
}

describe('a future', () => {
  test('is not thenable: awaiting a submission waits for a place only', async ({ executor, gate }) => {
    const future = await blocked(executor, gate);
    expect('then' in future).toBe(false);
    expect(future.done).toBe(false);
  });

  test('goes from pending to running to its end, and tells when', async ({ executor, gate }) => {
    const future = await blocked(executor, gate);
    expect(future).toMatchObject({ id: 1, state: 'pending', done: false, timing: { startedAt: undefined } });
    await gate.arrivals();
    expect(future).toMatchObject({ state: 'running', timing: { startedAt: expect.any(Number) as number } });
    gate.open();
    expect(await future.result()).toBe('blocked');
    expect(future).toMatchObject({ state: 'fulfilled', done: true });
    const { submittedAt, startedAt, endedAt } = future.timing;
    expect(startedAt).toBeGreaterThanOrEqual(submittedAt);
    expect(endedAt).toBeGreaterThanOrEqual(startedAt as number);
    expect(endedAt).toBeLessThanOrEqual(performance.now() + 1);
  });

  test('gives the same result as often as it is asked', async ({ executor }) => {
    const future = await fulfilled(executor);
    expect(await Promise.all([future.result(), future.result()])).toEqual([1, 1]);
    expect(await future.outcome()).toEqual({ status: 'fulfilled', value: 1, future });
  });

  test('tells how it failed as a value', async ({ executor }) => {
    const future = await failed(executor);
    expect(await future.outcome()).toEqual({ status: 'rejected', reason: 'no', future });
  });
});

describe('asCompleted', () => {
  test('yields finished ones first, failed and cancelled ones too, and each once', async ({
    executor,
    gate,
  }) => {
    const slow = await blocked(executor, gate);
    await gate.arrivals();
    const cancelled = await executor.submit(work.echo(0));
    cancelled.cancel();
    const seen: Future<unknown>[] = [];
    for await (const future of asCompleted([slow, cancelled, slow, cancelled])) {
      seen.push(future);
      gate.open();
    }
    expect(seen).toEqual([cancelled, slow]);
  });

  test('of nothing is done at once', async () => {
    expect(await collect(asCompleted([]))).toEqual([]);
  });

  test('leaving it touches nothing', async ({ executor, gate }) => {
    const [slow, quick] = [await blocked(executor, gate), await executor.submit(work.echo(1))];
    gate.open();
    for await (const _ of asCompleted([slow, quick])) break;
    expect(await Promise.all([slow.result(), quick.result()])).toEqual(['blocked', 1]);
  });

  test('a timeout counts the unfinished, after the finished were yielded', async ({ executor, gate }) => {
    const done = await fulfilled(executor);
    const unfinished = [await blocked(executor, gate), await blocked(executor, gate)];
    const seen: unknown[] = [];
    const loop = async () => {
      for await (const future of asCompleted([...unfinished, done], { timeoutMs: 5 })) seen.push(future);
    };
    const error = await reasonOf(loop());
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toMatchObject({ name: 'TimeoutError' });
    expect((error as Error).message).toContain('2 futures');
    expect(seen).toEqual([done]);
  });

  test('a timeout that passes when all have finished is none, however slow the reader', async ({
    executor,
  }) => {
    await executor.ready();
    const future = await executor.submit(work.echo(1));
    const other = await executor.submit(work.echo(2));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const futures = asCompleted([future, other], { timeoutMs: 500 });
      await Promise.all([future.result(), other.result()]);
      vi.advanceTimersByTime(510);
      expect(await collect(futures)).toEqual([future, other]);
    } finally {
      vi.useRealTimers();
    }
  });

  test.for([new Error('why'), 'text'])(
    'a signal ends it with its own reason: %s',
    async (reason, { executor, gate }) => {
      const controller = new AbortController();
      const done = await fulfilled(executor);
      const seen: unknown[] = [];
      const loop = async () => {
        const futures = [await blocked(executor, gate), done];
        for await (const future of asCompleted(futures, { signal: controller.signal })) {
          seen.push(future);
          controller.abort(reason);
        }
      };
      expect(await reasonOf(loop())).toBe(reason);
      expect(seen).toEqual([done]);
    },
  );

  test('a signal that was aborted before ends it after the finished', async ({ executor, gate }) => {
    const finished = await fulfilled(executor);
    const futures = asCompleted([await blocked(executor, gate), finished], {
      signal: AbortSignal.abort('no'),
    });
    expect((await futures.next()).done).toBe(false);
    expect(await reasonOf(futures.next())).toBe('no');
    expect(await futures.next()).toEqual({ done: true, value: undefined });
  });

  test('refuses what is no future, and bad options, at once', () => {
    expect(() => asCompleted([Object.create(null)])).toThrow(
      expect.objectContaining({ option: 'futures', message: 'not a future: [Object: null prototype] {}' }),
    );
    expect(() => asCompleted(5 as never)).toThrow(
      expect.objectContaining({
        option: 'futures',
        message: 'futures must be an iterable of futures, not 5',
      }),
    );
    expect(() => asCompleted([], { timeoutMs: -1 })).toThrow(
      expect.objectContaining({ option: 'timeoutMs' }),
    );
    expect(() => asCompleted([], { signal: {} as AbortSignal })).toThrow(
      expect.objectContaining({ name: 'InvalidOptionError', option: 'signal' }),
    );
    expect(() => asCompleted([], { any: 1 } as never)).toThrow(expect.objectContaining({ option: 'any' }));
  });

  test('several readers of one iterator get each future once', async ({ executor }) => {
    const futures = await Promise.all([1, 2, 3].map((n) => executor.submit(work.echo(n))));
    const iterator = asCompleted(futures);
    const steps = await Promise.all([1, 2, 3, 4].map(() => iterator.next()));
    expect(steps.map(({ done }) => done)).toEqual([false, false, false, true]);
    expect(new Set(steps.slice(0, 3).map(({ value }) => value)).size).toBe(3);
  });
});

describe('wait', () => {
  test('for all of them keeps their order', async ({ executor, gate }) => {
    const [a, c, b] = [await failed(executor), await fulfilled(executor), await blocked(executor, gate)];
    gate.open();
    expect(await wait([c, b, a])).toEqual({ done: [c, b, a], pending: [] });
  });

  test('for the first returns at once when one has ended', async ({ executor, gate }) => {
    const [slow, quick] = [await blocked(executor, gate), await executor.submit(work.echo(1))];
    quick.cancel();
    expect(await wait([slow, quick], { until: 'first' })).toEqual({
      done: [quick],
      pending: [slow],
    });
  });

  test('for the first error, a cancellation is none', async ({ executor, gate }) => {
    const cancelled = await executor.submit(work.echo(1));
    cancelled.cancel();
    const failing = await executor.submit(work.passAndThrow(gate.shared, 'failed'));
    const behind = await executor.submit(work.never());
    const waiting = wait([cancelled, failing, behind], { until: 'first-error' });
    await rounds();
    gate.open();
    expect(await waiting).toEqual({ done: [cancelled, failing], pending: [behind] });
  });

  test('a timeout is no error', async ({ executor, gate }) => {
    const slow = await blocked(executor, gate);
    expect(await wait([slow], { timeoutMs: 1 })).toEqual({ done: [], pending: [slow] });
  });

  test('refuses bad options and what is no future', async () => {
    expect(await reasonOf(wait([], { until: 'never' as never }))).toMatchObject({
      option: 'until',
      value: 'never',
    });
    expect(await reasonOf(wait([], { timeoutMs: Number.NaN }))).toMatchObject({ option: 'timeoutMs' });
    expect(await reasonOf(wait([1 as never]))).toMatchObject({
      option: 'futures',
      message: 'not a future: 1',
    });
    expect(await reasonOf(wait(5 as never))).toEqual(
      expect.objectContaining({
        option: 'futures',
        message: 'futures must be an iterable of futures, not 5',
      }),
    );
  });
});
