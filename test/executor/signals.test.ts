import { getEventListeners } from 'node:events';
import { wait } from 'millrace';
import type { Executor } from 'millrace';
import { beforeEach, describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import type { Gate } from '../support/gate.ts';
import { present, reasonOf, rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';
import { endsOfNode, endsOfWeb } from './pipes/ends.ts';

const test = testWith({ workers: 1, maxPending: 20 });
let controller: AbortController;
beforeEach(() => {
  controller = new AbortController();
});

const listeners = () => getEventListeners(controller.signal, 'abort').length;
const heldUp = (gate: Gate) => (n: number) => (n === 0 ? work.pass(gate.shared) : work.count(gate.shared));

describe.each(['map', 'asCompleted'] as const)('the signal of %s', (method) => {
  let pulled = 0;
  let closed = false;
  function* numbers() {
    try {
      for (let n = 0; ; n++) {
        pulled++;
        yield n;
      }
    } finally {
      closed = true;
    }
  }
  function* heldUpTasks(gate: Gate) {
    for (const n of numbers()) yield heldUp(gate)(n);
  }
  beforeEach(() => {
    pulled = 0;
    closed = false;
  });

  const loop = (
    executor: Executor,
    gate: Gate,
    signal: AbortSignal,
    window = 5,
  ): AsyncIterator<unknown, undefined> =>
    method === 'map'
      ? executor.map(numbers(), heldUp(gate), { signal, window })
      : executor.asCompleted(heldUpTasks(gate), { signal, window });

  test('ends the loop with its reason, closes the source and cancels what has not begun', async ({
    executor,
    gate,
  }) => {
    const results = loop(executor, gate, controller.signal);
    const first = results.next();
    await gate.arrivals();
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await reasonOf(first)).toBe(reason);
    expect(await results.next()).toEqual({ done: true, value: undefined });
    expect([pulled, closed, listeners()]).toEqual([5, true, 0]);
    gate.open();
    await executor.shutdown();
    expect(gate.count).toBe(0);
    expect(executor.stats()).toMatchObject({ fulfilled: 1, cancelled: 4, pending: 0 });
  });

  test('is told to the next read when nobody reads, and once', async ({ executor, gate }) => {
    const results = loop(executor, gate, controller.signal);
    gate.open();
    await results.next();
    controller.abort('enough');
    await rounds();
    expect(closed).toBe(true);
    expect(await reasonOf(results.next())).toBe('enough');
    expect((await results.next()).done).toBe(true);
  });

  test('that was aborted before pulls nothing', async ({ executor, gate }) => {
    const results = loop(executor, gate, AbortSignal.abort('before'));
    expect(await reasonOf(results.next())).toBe('before');
    expect((await results.next()).done).toBe(true);
    expect([pulled, executor.stats().submitted]).toEqual([0, 0]);
  });

  test('has no listener any more when the loop was left, or is over', async ({ executor, gate }) => {
    const results = loop(executor, gate, controller.signal);
    gate.open();
    await results.next();
    expect(listeners()).toBe(1);
    await results.return?.();
    expect(listeners()).toBe(0);
    const all =
      method === 'map'
        ? executor.map([1, 2], (n) => work.echo(n), { signal: controller.signal })
        : executor.asCompleted([work.echo(1), work.echo(2)], { signal: controller.signal });
    for await (const _ of all) expect(listeners()).toBe(1);
    expect(listeners()).toBe(0);
    controller.abort('late');
    expect((await all.next()).done).toBe(true);
  });

  test('may be aborted by the source itself', async ({ executor }) => {
    const abort = () => (controller.abort('by the source'), work.echo(1));
    const results =
      method === 'map'
        ? executor.map([1, 2], abort, { signal: controller.signal })
        : executor.asCompleted(tasksOf(abort), { signal: controller.signal });
    expect(await reasonOf(results.next())).toBe('by the source');
    expect((await results.next()).done).toBe(true);
    await executor.shutdown();
    expect(executor.stats()).toMatchObject({ fulfilled: 0, pending: 0, waiting: 0 });
  });

  test('ends a wait for a place', async ({ executor, gate }) => {
    const running = present(executor.trySubmit(work.pass(gate.shared)));
    for (let left = 20; left > 0; left--) executor.trySubmit(work.echo(left));
    const results = loop(executor, gate, controller.signal);
    const first = results.next();
    await rounds();
    expect(pulled).toBe(0);
    controller.abort('enough');
    expect(await reasonOf(first)).toBe('enough');
    gate.open();
    await running.result();
    await executor.shutdown();
    expect(pulled).toBe(0);
  });
});

function* tasksOf<T>(make: () => T) {
  yield make();
  yield make();
}

describe.each(['stream', 'duplex'] as const)('the signal of %s', (method) => {
  const ends = (executor: Executor, gate: Gate, signal: AbortSignal) =>
    method === 'stream'
      ? endsOfWeb(executor.stream(heldUp(gate), { signal }))
      : endsOfNode(executor.duplex(heldUp(gate), { signal }));

  test('ends both sides at once, also a write that waits and a side that nobody reads', async ({
    executor,
    gate,
  }) => {
    const both = ends(executor, gate, controller.signal);
    const written = Promise.allSettled([both.write(0), both.write(1)]);
    await rounds();
    const reason = new Error('enough');
    controller.abort(reason);
    for (const end of await written) expect(end).toMatchObject({ status: 'rejected' });
    expect(await reasonOf(both.read())).toBe(reason);
    expect(listeners()).toBe(0);
    expect(executor.stats().submitted).toBe(0);
  });

  test('that was aborted before ends them as well', async ({ executor, gate }) => {
    const both = ends(executor, gate, AbortSignal.abort(new Error('before')));
    await expect(both.write(0)).rejects.toBeDefined();
    expect(await reasonOf(both.read())).toEqual(new Error('before'));
  });
});

describe('the signal of wait', () => {
  test('ends the wait with its reason; the futures go on', async ({ executor, gate }) => {
    const future = present(executor.trySubmit(work.pass(gate.shared, 'done')));
    const over = wait([future], { signal: controller.signal });
    controller.abort('enough');
    expect(await reasonOf(over)).toBe('enough');
    expect([listeners(), future.done]).toEqual([0, false]);
    gate.open();
    expect(await future.result()).toBe('done');
  });

  test('that was aborted before ends it at once; after the end it counts for nothing', async ({
    executor,
  }) => {
    const future = present(executor.trySubmit(work.echo(1)));
    expect(await reasonOf(wait([future], { signal: AbortSignal.abort('before') }))).toBe('before');
    const { done } = await wait([future], { signal: controller.signal });
    expect([done, listeners()]).toEqual([[future], 0]);
  });
});
