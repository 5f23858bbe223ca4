import { setImmediate as turn } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InvalidOptionError, InvalidTaskError } from 'millrace';
import type { GeneratorTask } from 'millrace';
import { describe, expect } from 'vitest';
import { test } from '../support/executor-test.ts';
import { generators } from '../support/generators.ts';
import { collect, reasonOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);
const lists = Array.from({ length: 30 }, (_, n) => range(n * 100, n * 100 + (n % 7)));

describe('flatMap', () => {
  test.for([1, 2, 5, 100])(
    'yields what all generators yield, in order, %i at a time',
    async (concurrency, { executor }) => {
      for (const window of [1, 3, 1000]) {
        const items = executor.flatMap(lists, (list) => generators.values(list), { concurrency, window });
        expect(await collect(items)).toEqual(lists.flat());
      }
      expect(executor.stats()).toMatchObject({ suspended: 0, running: 0, pending: 0 });
    },
  );

  test('or as they come', async ({ executor }) => {
    const items = executor.flatMap(lists, (list) => generators.values(list), { ordered: false, window: 2 });
    const all = (await collect(items)) as number[];
    expect(all.toSorted((a, b) => a - b)).toEqual(lists.flat());
    for (const list of lists) expect(all.filter((n) => list.includes(n))).toEqual(list);
  });

  test('one that has nothing yet holds up none of the others, unless they are ordered', async ({
    executor,
    gate,
  }) => {
    const toTask = (n: number) => (n === 0 ? generators.countAndPass(0, gate.shared) : generators.count(3));
    const items = executor.flatMap([0, 1], toTask, { ordered: false });
    expect([await items.next(), await items.next(), await items.next()].map(({ value }) => value)).toEqual([
      0, 1, 2,
    ]);
    gate.open();
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  test('opens no more than it may, and none is further ahead than its window', async ({
    gate,
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 2, maxPending: 20 });
    const items = executor.flatMap(range(0, 50), () => generators.count(10, gate.shared), {
      concurrency: 3,
      window: 2,
    });
    await items.next();
    await gate.counted(6);
    for (let left = 20; left > 0; left--) await turn();
    expect(gate.count).toBeLessThanOrEqual(7);
    const { running, pending, suspended } = executor.stats();
    expect(running + pending + suspended).toBeLessThanOrEqual(3);
    await items.return?.();
  });

  test('on one place', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    const items = executor.flatMap(lists, (list) => generators.values(list), { concurrency: 10, window: 2 });
    expect(await collect(items)).toEqual(lists.flat());
  });

  test('a failure comes in its turn, and ends the others', async ({ executor, gate }) => {
    const seen: number[] = [];
    const toTask = (n: number) =>
      n === 1 ? generators.thenThrow(2, 'in its turn') : generators.count(n === 0 ? 5 : 1e9, gate.shared);
    const error = await reasonOf(
      (async () => {
        for await (const n of executor.flatMap(range(0, 10), toTask, { concurrency: 4 })) seen.push(n);
      })(),
    );
    expect(error).toMatchObject({ name: 'RangeError', message: 'in its turn' });
    expect(seen).toEqual([0, 1, 2, 3, 4, 0, 1]);
    await expect
      .poll(() => executor.stats())
      .toMatchObject({ running: 0, pending: 0, suspended: 0, busy: 0 });
    expect(executor.trySubmit(work.echo(1))).not.toBeNull();
  });

  test('leaving it runs the finally of all that are open, and of the source', async ({ executor, gate }) => {
    let closed = false;
    function* source() {
      try {
        for (;;) yield 1e9;
      } finally {
        closed = true;
      }
    }
    let seen = 0;
    for await (const _ of executor.flatMap(source(), (n) => generators.count(n, gate.shared), {
      concurrency: 3,
      window: 5,
    }))
      if (++seen === 100) break;
    expect(closed).toBe(true);
    expect(executor.stats()).toMatchObject({ running: 0, pending: 0, suspended: 0 });
    expect(gate.arrived).toBeGreaterThanOrEqual(1);
  });

  test('ends with its signal', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    const controller = new AbortController();
    const items = executor.flatMap([1], () => generators.count(1e9, gate.shared), {
      signal: controller.signal,
    });
    await items.next();
    controller.abort('enough');
    expect(await reasonOf(items.next())).toBe('enough');
    expect(await items.next()).toEqual({ done: true, value: undefined });
    await gate.arrivals(1);
  });

  test('says what is wrong', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    expect(() => executor.flatMap([1], () => generators.count(1), { concurrency: 0 })).toThrow(
      InvalidOptionError,
    );
    expect(() => executor.flatMap(5 as never, () => generators.count(1))).toThrow(InvalidOptionError);
    expect(() => executor.flatMap([1], 5 as never)).toThrow(InvalidOptionError);
    const plain = work.echo(1) as unknown as GeneratorTask<number>;
    expect(await reasonOf(collect(executor.flatMap([1], () => plain)))).toBeInstanceOf(InvalidTaskError);
    expect(await reasonOf(collect(executor.flatMap([1], () => 5 as never)))).toBeInstanceOf(InvalidTaskError);
  });

  test('a source that fails comes after the items', async ({ executor }) => {
    function* source() {
      yield 3;
      throw new Error('in the source');
    }
    const seen: number[] = [];
    const error = await reasonOf(
      (async () => {
        for await (const n of executor.flatMap(source(), (n) => generators.count(n))) seen.push(n);
      })(),
    );
    expect(error).toMatchObject({ message: 'in the source' });
    expect(seen).toEqual([0, 1, 2]);
  });
});

describe('pipes', () => {
  test.for([true, false])(
    'stream() has what generators yield, ordered: %s',
    async (ordered, { executor }) => {
      const pair = executor.stream((list: number[]) => generators.values(list), { ordered });
      const items = await collect(ReadableStream.from(lists).pipeThrough(pair) as ReadableStream<number>);
      expect(items.toSorted((a, b) => a - b)).toEqual(lists.flat());
      if (ordered) expect(items).toEqual(lists.flat());
    },
  );

  test('duplex() as well', async ({ executor }) => {
    const items: number[] = [];
    await pipeline(
      Readable.from(lists),
      executor.duplex((list: number[]) => generators.values(list)),
      async (results: AsyncIterable<number>) => {
        for await (const item of results) items.push(item);
      },
    );
    expect(items).toEqual(lists.flat());
  });

  test('of functions of both kinds', async ({ executor }) => {
    const pair = executor.stream((n: number) => (n % 2 === 0 ? generators.count(n) : work.echo(-n)));
    const items = await collect(ReadableStream.from(range(0, 40)).pipeThrough(pair));
    expect(items).toEqual(range(0, 40).flatMap((n) => (n % 2 === 0 ? range(0, n) : [-n])));
  });

  test('with outcomes', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    const pair = executor.stream(
      (n: number) => (n === 1 ? generators.thenThrow(2, 'one of them') : generators.count(n)),
      { outcomes: true },
    );
    const outcomes = await collect(ReadableStream.from([2, 1, 1]).pipeThrough(pair));
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'failed'))).toEqual([
      0,
      1,
      0,
      1,
      'failed',
      0,
      1,
      'failed',
    ]);
  });

  test('a reader who cancels leaves all of them', async ({ executor, gate }) => {
    const pair = executor.stream(() => generators.count(1e9, gate.shared));
    const reader = ReadableStream.from([1, 2]).pipeThrough(pair).getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => executor.stats()).toMatchObject({ running: 0, pending: 0, suspended: 0 });
  });
});
