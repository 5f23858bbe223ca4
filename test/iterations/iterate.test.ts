import { InvalidOptionError, InvalidTaskError } from 'millrace';
import type { Task, TaskIteration } from 'millrace';
import { describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import { generators } from '../support/generators.ts';
import { collect, reasonOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });

const untyped = (task: unknown) => task as Task<unknown>;

/** What a loop sees, and how it ends. */
async function read<T>(iteration: TaskIteration<T>): Promise<{ items: T[]; error?: unknown }> {
  const items: T[] = [];
  try {
    for await (const item of iteration) items.push(item);
    return { items };
  } catch (error) {
    return { items, error };
  }
}

describe('an iteration', () => {
  test.for([0, 1, 5, 255, 256, 257, 10_000])('yields %i items in their order', async (upTo, { executor }) => {
    const expected = Array.from({ length: upTo }, (_, n) => n);
    expect(await collect(executor.iterate(generators.count(upTo)))).toEqual(expected);
    expect(await collect(executor.iterate(generators.countLater(upTo), { window: 7 }))).toEqual(expected);
  });

  test('ends with what the generator returns: the last next() and the future', async ({ executor }) => {
    const iteration = executor.iterate(generators.count(1));
    expect(await iteration.next()).toEqual({ done: false, value: 0 });
    expect(await iteration.next()).toEqual({ done: true, value: 'counted' });
    expect(await iteration.next()).toEqual({ done: true, value: undefined });
    expect(await iteration.future.result()).toBe('counted');
    expect(iteration.future.state).toBe('fulfilled');
  });

  test.for(['transpiled', 'wrapped', 'bare', 'promised', 'promises'] as const)(
    'is made of what the function returns: %s',
    async (name, { executor }) => {
      expect(await collect(executor.iterate<unknown, unknown>(generators[name](5)))).toEqual([0, 1, 2, 3, 4]);
    },
  );

  test('of what is no generator is an error that names run()', async ({ executor }) => {
    for (const value of [1, null, [1], new Map(), 'text']) {
      const { error } = await read(executor.iterate(untyped(generators.notOne(value)) as never));
      expect(error).toBeInstanceOf(InvalidTaskError);
      expect((error as Error).message).toContain('use run()');
    }
    const { error } = await read(executor.iterate(generators.badStep()));
    expect(String(error)).toContain(
      'next() of a generator or a source must return an object with done and value, not 5',
    );
  });

  test('has an inline generator, too', async ({ executor }) => {
    const { inline } = await import('millrace');
    const iteration = executor.iterate(
      inline(function* (n: number) {
        yield n;
        return 'inline';
      }, 3),
    );
    expect(await iteration.next()).toEqual({ done: false, value: 3 });
    expect(await iteration.next()).toEqual({ done: true, value: 'inline' });
  });

  test('throws at once for bad options and for what is no task', ({ executor }) => {
    for (const options of [
      { window: 0 },
      { window: 2 ** 30 + 1 },
      { windowBytes: 0 },
      { wndow: 1 },
      { retries: -1 },
    ])
      expect(() => executor.iterate(generators.count(1), options), JSON.stringify(options)).toThrow(
        InvalidOptionError,
      );
    expect(() => executor.iterate(generators.count(1), null as never)).toThrow(InvalidOptionError);
    expect(() => executor.iterate(5 as never)).toThrow(InvalidTaskError);
    expect(executor.stats().submitted).toBe(0);
  });

  test('serves any number of calls of next() in their order', async ({ executor }) => {
    const iteration = executor.iterate(generators.count(4), { window: 2 });
    const steps = await Promise.all(Array.from({ length: 7 }, () => iteration.next()));
    const over = { done: true, value: undefined };
    expect(steps).toEqual([
      ...[0, 1, 2, 3].map((value) => ({ done: false, value })),
      { done: true, value: 'counted' },
      over,
      over,
    ]);
  });

  test('throws after the items that came before', async ({ executor }) => {
    const iteration = executor.iterate(generators.thenThrow(3, 'late'));
    const { items, error } = await read(iteration);
    expect(items).toEqual([0, 1, 2]);
    expect(error).toBeInstanceOf(RangeError);
    expect(await reasonOf(iteration.future.result())).toBe(error);
    expect(await iteration.next()).toEqual({ done: true, value: undefined });
  });

  test('reports its progress', async ({ executor }) => {
    const iteration = executor.iterate(generators.reporting(500));
    const reports = collect(iteration.future.progress<number>());
    await collect(iteration);
    expect((await reports).at(-1)).toBe(499);
  });

  test('waits for tasks of its own', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    expect(await collect(executor.iterate(generators.fromTasks(20), { window: 2 }))).toHaveLength(20);
  });
});

describe('items', () => {
  test('are what they were when they were yielded', async ({ executor }) => {
    const rows = await collect(executor.iterate(generators.sameRow(600)));
    expect(rows).toEqual(Array.from({ length: 600 }, (_, n) => ({ n, text: `row ${n}` })));
    const nested = await collect(executor.iterate(generators.sameNested(600)));
    expect(nested).toEqual(Array.from({ length: 600 }, (_, n) => ({ inner: { n }, list: [n] })));
    const bytes = await collect(executor.iterate(generators.sameBytes(200)));
    expect(bytes.map(([first]) => first)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  test('arrive as they were', async ({ executor }) => {
    const [buffer, error, map, bigint, undef, holes, named, proto] = await collect(
      executor.iterate(generators.kinds()),
    );
    expect(Buffer.isBuffer(buffer) && buffer.toString()).toBe('abc');
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: 'an item', code: 'E_ITEM' });
    expect(Buffer.isBuffer((map as Map<number, unknown>).get(1))).toBe(true);
    expect(bigint).toBe(10n ** 30n);
    expect(undef).toBeUndefined();
    expect(0 in (holes as unknown[])).toBe(false);
    expect(named).toHaveProperty('named', 2);
    expect(Object.hasOwn(proto as object, '__proto__')).toBe(true);
  });

  test('move, if that is asked for', async ({ executor }) => {
    const sizes = [10, 100_000, 20, 30, 40];
    const items = await collect(executor.iterate(generators.moved(sizes)));
    expect(items.map(({ byteLength }) => byteLength)).toEqual(sizes);
  });

  test('that can’t be cloned end it with their path, and its finally runs', async ({ executor, gate }) => {
    const { items, error } = await read(executor.iterate(generators.uncloneable(gate.shared)));
    expect(items).toEqual([1]);
    expect(error).toMatchObject({ name: 'DataCloneError' });
    expect(String(error)).toContain('item.handler');
    expect(gate.arrived).toBe(1);
  });
});

describe('a generator is no result', () => {
  test.for(['count', 'countLater', 'transpiled', 'wrapped', 'bare', 'promised'] as const)(
    '%s',
    async (name, { executor }) => {
      const task = untyped(generators[name](3));
      const reasons = [
        await reasonOf(executor.run(task)),
        await reasonOf((await executor.submit(task)).result()),
        await reasonOf(collect(executor.map([1], () => task))),
        await reasonOf((await collect(executor.asCompleted([task])))[0]?.result() as Promise<unknown>),
      ];
      for (const reason of reasons) {
        expect(reason).toBeInstanceOf(InvalidTaskError);
        expect((reason as Error).message).toContain('executor.iterate()');
      }
    },
  );

  test('of join either', async ({ executor }) => {
    const reason = await reasonOf(executor.run(generators.joinGenerator()));
    expect(reason).toBeInstanceOf(InvalidTaskError);
    expect((reason as Error).message).toContain('iterate()');
  });

  test('its body does not begin', async ({ executor, gate }) => {
    await reasonOf(executor.run(untyped(generators.count(1, gate.shared))));
    await executor.run(work.echo(1));
    expect(gate.count).toBe(0);
  });
});
