import type { Executor } from 'millrace';
import { describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import type { Gate } from '../support/gate.ts';
import { generators } from '../support/generators.ts';
import { rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });

/** How many items the generator has yielded when it rests: another task has had its thread since. */
async function yields(executor: Executor, gate: Gate, atLeast: number): Promise<number> {
  await gate.counted(atLeast);
  for (let turn = 0; turn < 3; turn++) await executor.run(work.echo(turn));
  return gate.count;
}

describe('a window', () => {
  test.for([1, 2, 3, 10, 255, 256, 257, 1000])('of %i items is exact', async (window, { executor, gate }) => {
    const iteration = executor.iterate(generators.count(1e9, gate.shared), { window });
    expect(await yields(executor, gate, window)).toBe(window);
    for (let read = 1; read <= 2 * window && read < 600; read++) await iteration.next();
    const read = Math.min(2 * window, 599);
    // Half of it has to be read before the generator goes on.
    expect(await yields(executor, gate, read + Math.ceil(window / 2))).toBeLessThanOrEqual(read + window);
    await iteration.return();
  });

  test.for([1, 2, 3, 10])(
    'of %i items is never exceeded, in whatever way it is read',
    async (window, { executor, gate }) => {
      const iteration = executor.iterate(generators.countLater(1e9, gate.shared), { window });
      let asked = 0;
      for (const batch of [1, 5, 1, 2, 30, 1, 1]) {
        const steps = Array.from({ length: batch }, () => iteration.next());
        asked += batch;
        await Promise.all(steps);
        await rounds();
        expect(gate.count).toBeLessThanOrEqual(asked + window);
      }
      await iteration.return();
    },
  );

  test('of bytes holds items of one size', async ({ executor, gate }) => {
    const sizes = Array.from({ length: 100 }, () => 30_000);
    const iteration = executor.iterate(generators.blocks(sizes, gate.shared), { windowBytes: 100_000 });
    expect(await yields(executor, gate, 3)).toBe(3);
    await iteration.next();
    await iteration.next();
    expect(await yields(executor, gate, 4)).toBeLessThanOrEqual(5);
    await iteration.return();
  });

  test('of bytes lets one larger item through alone', async ({ executor, gate }) => {
    const sizes = [50_000, 50_000, 50_000, 50_000];
    const iteration = executor.iterate(generators.blocks(sizes, gate.shared), { windowBytes: 1000 });
    for (let read = 0; read < sizes.length; read++) {
      expect(await yields(executor, gate, read + 1)).toBeLessThanOrEqual(read + 2);
      expect((await iteration.next()).value).toHaveLength(50_000);
    }
    expect((await iteration.next()).done).toBe(true);
  });

  test('of bytes holds back an item that turns out larger', async ({ executor, gate }) => {
    const sizes = [10, 20, 90_000, 30, 200_000, 10, 200_000, 200_000, 5];
    const iteration = executor.iterate(generators.blocks(sizes, gate.shared), { windowBytes: 100_000 });
    for (const size of sizes) expect((await iteration.next()).value).toHaveLength(size);
    expect((await iteration.next()).done).toBe(true);
  });
});

describe('a reader that stands still', () => {
  test('holds up no other task, on one worker', async ({ executor, gate }) => {
    const iteration = executor.iterate(generators.count(1e9, gate.shared), { window: 5 });
    await gate.counted(5);
    for (let n = 0; n < 100; n++) expect(await executor.run(work.echo(n))).toBe(n);
    await expect.poll(() => executor.stats().suspended).toBe(1);
    expect(executor.stats()).toMatchObject({ running: 0, pending: 0, busy: 0, suspended: 1 });
    expect(await iteration.next()).toEqual({ done: false, value: 0 });
    await iteration.return();
    expect(executor.stats()).toMatchObject({ running: 0, pending: 0, busy: 0, suspended: 0, cancelled: 1 });
  });

  test('keeps its place: no more are open than there are places', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 2, maxPending: 6 });
    const all = Array.from({ length: executor.capacity * 10 }, () =>
      executor.iterate(generators.count(20, gate.shared), { window: 3 }),
    );
    await gate.counted(executor.capacity * 3);
    await expect.poll(() => executor.stats().suspended).toBe(executor.capacity);
    await rounds();
    expect(executor.stats()).toMatchObject({ suspended: 8, waiting: 72, running: 0, pending: 0 });
    expect(gate.count).toBe(executor.capacity * 3);
    expect(executor.trySubmit(work.echo(1))).toBeNull();
    let most = 0;
    const readers = all.map(async (iteration) => {
      let items = 0;
      for await (const _ of iteration) {
        items++;
        const { running, pending, suspended } = executor.stats();
        most = Math.max(most, running + pending + suspended);
      }
      return items;
    });
    expect(await Promise.all(readers)).toEqual(all.map(() => 20));
    expect(most).toBeLessThanOrEqual(executor.capacity);
    expect(gate.arrived, 'all have cleaned up').toBe(all.length);
    expect(executor.stats()).toMatchObject({ fulfilled: 80, suspended: 0, waiting: 0 });
  });
});

describe('inside tasks', () => {
  test.for([
    [1, 0],
    [1, 4],
    [2, 0],
    [2, 8],
  ] as const)(
    'iterations are read, on %i workers with %i more places',
    async ([workers, maxPending], { makeExecutor }) => {
      const executor = makeExecutor({ workers, maxPending });
      const sum = (1000 * 999) / 2;
      for (const window of [1, 3, 1000]) {
        const read = await executor.run(generators.readAll(1000, { window }));
        expect(read).toEqual({ items: 1000, sum, value: 'counted' });
      }
      expect(await executor.run(generators.zip(50, 2))).toBe((49 * 50 * 99) / 6);
      let items = 0;
      for await (const n of executor.iterate(generators.deep(6, 50, 2), { window: 2 }))
        expect(n).toBe(items++);
      expect(items).toBe(50);
      expect(executor.stats()).toMatchObject({ running: 0, pending: 0, suspended: 0 });
    },
  );

  test.for([1, 3, 64])('a window of %i is not exceeded', async (window, { executor, gate }) => {
    expect(await executor.run(generators.readSlowly(window, gate.shared))).toBeLessThanOrEqual(1 + window);
  });

  test('leaving the loop ends them, and so does the end of the task that reads', async ({
    executor,
    gate,
  }) => {
    expect(await executor.run(generators.leaveNested(gate.shared))).toBe('left');
    await gate.arrivals(1);
    expect(await executor.run(generators.abandonNested(gate.shared))).toBe('ended');
    await gate.arrivals(2);
    await expect
      .poll(() => executor.stats())
      .toMatchObject({ running: 0, pending: 0, suspended: 0, cancelled: 2 });
  });

  test.for([1, 2])(
    'a loop that is left ends when the generator has cleaned up, with %i workers',
    async (workers, { gate, makeExecutor }) => {
      const executor = makeExecutor({ workers });
      expect(await executor.run(generators.cleanedUpNested(gate.shared))).toEqual([1, 2]);
    },
  );

  test('a failure comes after the items', async ({ executor }) => {
    const [items, error] = await executor.run(generators.nestedFailure());
    expect(items).toEqual([0, 1, 2]);
    expect(error).toBeInstanceOf(RangeError);
  });
});
