import { InvalidOptionError } from 'millrace';
import { describe, expect } from 'vitest';
import { test } from '../support/executor-test.ts';
import { Feed } from '../support/feed.ts';
import { collect, reasonOf, rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

describe('map', () => {
  test('yields results in the order of the items', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 2 });
    const items = Array.from({ length: 100 }, (_, index) => index);
    expect(await collect(executor.map(items, (n) => work.echo(n)))).toEqual(items);
  });

  test('takes whatever a loop can be written over, a string too', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    expect(await collect(executor.map('a😀', (letter) => work.echo(letter)))).toEqual(['a', '😀']);
    for (const source of [null, undefined, 1, {}, () => {}]) {
      expect(() => executor.asCompleted(source as never)).toThrow(InvalidOptionError);
    }
  });

  test.for([
    ['[Symbol.iterator] of the source must be a function, not 5', { [Symbol.iterator]: 5 }],
    [
      '[Symbol.iterator]() of the source must return an object with next(), not {}',
      { [Symbol.iterator]: () => ({}) },
    ],
    [
      '[Symbol.asyncIterator]() of the source must return an object with next(), not 7',
      { [Symbol.asyncIterator]: () => 7 },
    ],
    [
      "next() of the source must return an object with done and value, not 'x'",
      { [Symbol.iterator]: () => ({ next: () => 'x' }) },
    ],
  ])('says of a bad source: %s', async ([message, source], { makeExecutor }) => {
    const results = makeExecutor({ workers: 1 }).map(source as never, (n) => work.echo(n));
    await expect(results.next()).rejects.toThrow(
      new InvalidOptionError('source', undefined, message as string),
    );
  });

  test('says of a bad return() what it is', async ({ makeExecutor }) => {
    const source = {
      [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }), return: 5 }),
    } as never;
    const results = makeExecutor({ workers: 1 }).map(source, (n) => work.echo(n));
    await results.next();
    await expect(results.return?.()).rejects.toThrow('return of a source must be a function, not 5');
  });

  test('gives each item its index', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    expect(await collect(executor.map(['a', 'b'], (item, index) => work.echo(item + index)))).toEqual([
      'a0',
      'b1',
    ]);
  });

  test('starts with the first next(), and not before', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    let made = 0;
    const results = executor.map([1, 2], (n) => (made++, work.echo(n)));
    await rounds();
    expect(made).toBe(0);
    expect((await results.next()).value).toBe(1);
  });

  test('unordered, yields what ends first', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 2 });
    await executor.ready();
    const order: unknown[] = [];
    const toTask = (item: string) => (item === 'slow' ? work.pass(gate.shared, item) : work.echo(item));
    for await (const item of executor.map(['slow', 'quick'], toTask, { ordered: false })) {
      order.push(item);
      gate.open();
    }
    expect(order).toEqual(['quick', 'slow']);
  });

  test('a failure is thrown in its turn, and cancels what has not started', async ({
    gate,
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 10 });
    const seen: number[] = [];
    const items = [0, 1, 2, 3, 4, 5];
    const toTask = (n: number) =>
      n === 1 ? work.reject(new Error('one')) : n < 1 ? work.echo(n) : work.pass(gate.shared, n);
    const loop = async () => {
      for await (const result of executor.map(items, toTask)) seen.push(result);
    };
    expect(await reasonOf(loop())).toMatchObject({ message: 'one' });
    expect(seen).toEqual([0]);
    gate.open();
    await executor.shutdown();
    const { fulfilled, rejected, cancelled } = executor.stats();
    expect(rejected).toBe(1);
    expect(fulfilled).toBeLessThanOrEqual(2);
    expect(fulfilled + rejected + cancelled).toBe(executor.stats().submitted);
    expect(cancelled).toBeGreaterThanOrEqual(3);
  });

  test('a failure ends it also for those who ask already, when the source has cleaned up', async ({
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1 });
    let closed = false;
    async function* items() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        await rounds();
        closed = true;
      }
    }
    const results = executor.map(items(), (n) => (n === 1 ? work.reject('one') : work.echo(n)));
    const [first, second, third] = [results.next(), results.next(), results.next()];
    expect(await first).toEqual({ done: false, value: 0 });
    expect(await reasonOf(second)).toBe('one');
    expect(closed).toBe(true);
    expect(await third).toEqual({ done: true, value: undefined });
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  test('answers all who ask at once, however small the window', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    const results = executor.map([1, 2], (n) => work.echo(n), { window: 1 });
    const answers = await Promise.all([results.next(), results.next(), results.next()]);
    expect(answers.map(({ value }) => value)).toEqual([1, 2, undefined]);
  });

  test('may be left while its source gives nothing', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    const source = new Feed<number>();
    const results = executor.map(source, (n) => work.echo(n));
    const next = results.next();
    await rounds();
    expect(await results.return?.()).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
    expect(source.closed).toBe(true);
  });

  test.for(['map', 'asCompleted'] as const)(
    '%s opens its source at the first next(), or never',
    async (kind, { makeExecutor }) => {
      const executor = makeExecutor({ workers: 1 });
      let opened = 0;
      const source = {
        *[Symbol.iterator]() {
          yield work.echo(1);
        },
      };
      const counting = { [Symbol.iterator]: () => (opened++, source[Symbol.iterator]()) };
      const open = () =>
        kind === 'map' ? executor.map(counting, (task) => task) : executor.asCompleted(counting);
      const left = open();
      await left.return?.();
      expect(await left.next()).toEqual({ done: true, value: undefined });
      const read = open();
      expect(opened).toBe(0);
      expect((await read.next()).done).toBe(false);
      expect(opened).toBe(1);
    },
  );

  test('with outcomes a failure is yielded, and the iteration goes on', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    const toTask = (n: number) => (n === 1 ? work.reject('no') : work.echo(n));
    const outcomes = await collect(executor.map([0, 1, 2], toTask, { outcomes: true }));
    expect(outcomes.map((outcome) => ({ ...outcome, future: undefined }))).toEqual([
      { status: 'fulfilled', value: 0 },
      { status: 'rejected', reason: 'no' },
      { status: 'fulfilled', value: 2 },
    ]);
  });

  test('window bounds what is ahead of the reader', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 2 });
    let made = 0;
    const items = Array.from({ length: 100 }, (_, index) => index);
    const results = executor.map(items, (n) => (made++, work.echo(n)), { window: 4 });
    for (let read = 1; read <= 50; read++) {
      await results.next();
      await rounds(2);
      expect(made).toBeLessThanOrEqual(read + 4);
    }
    await results.return?.();
  });

  test('may be mapped again, however few places there are', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    const once = executor.map([1, 2, 3], (n) => work.add(n, 10));
    const twice = executor.map(once, (n) => work.add(n, 100));
    expect(await collect(twice)).toEqual([111, 112, 113]);
  });

  test('a function that throws ends it, and closes the source', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    let closed = false;
    function* items() {
      try {
        yield 1;
        yield 2;
      } finally {
        closed = true;
      }
    }
    const failure = new Error('toTask');
    const toTask = (n: number) => {
      if (n === 2) throw failure;
      return work.echo(n);
    };
    expect(await reasonOf(collect(executor.map(items(), toTask)))).toBe(failure);
    expect(closed).toBe(true);
    expect(executor.stats()).toMatchObject({ pending: 0, waiting: 0 });
  });

  test.for([
    { window: 0 },
    { window: 1.5 },
    { window: Number.NaN },
    { ordered: 'yes' },
    { outcomes: 1 },
    { any: 1 },
  ])('refuses %o', (options, { makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    const [option, value] = Object.entries(options)[0] as [string, unknown];
    expect(() => executor.map([1], (n) => work.echo(n), options as never)).toThrow(
      expect.objectContaining({ name: 'InvalidOptionError', option, value }),
    );
  });

  test('refuses what is no function, at once', ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    expect(() => executor.map([1], 5 as never)).toThrow(
      expect.objectContaining({
        name: 'InvalidOptionError',
        option: 'toTask',
        message: 'toTask must be a function, not 5',
      }),
    );
  });

  test.for([null, 1, {}, undefined])('refuses %o as a source', (source, { makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    expect(() => executor.map(source as never, () => work.echo(1))).toThrow(InvalidOptionError);
  });
});
