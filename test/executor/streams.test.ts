import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Task } from 'millrace';
import { describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import { collect, reasonOf, rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const results = async (futures: AsyncIterable<{ result(): Promise<unknown> }>) =>
  Promise.all((await collect(futures)).map((future) => future.result()));

describe('asCompleted over tasks', () => {
  test('yields every future, in the order in which they end', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 2 });
    await executor.ready();
    const order: unknown[] = [];
    const source = [work.pass(gate.shared, 'slow'), work.echo('quick')];
    for await (const future of executor.asCompleted(source)) {
      order.push(await future.result());
      gate.open();
    }
    expect(order).toEqual(['quick', 'slow']);
  });

  test('yields failed ones too', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 2 });
    const futures = await collect(executor.asCompleted([work.reject('no'), work.echo(1), work.exit(1)]));
    expect(futures.map((future) => future.state).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  test('pulls nothing before the first next()', async ({ executor }) => {
    let pulled = 0;
    function* source() {
      while (pulled < 3) yield work.echo(pulled++);
    }
    const stream = executor.asCompleted(source());
    await rounds();
    expect(pulled).toBe(0);
    expect(await results(stream)).toHaveLength(3);
  });

  test('pulls an item only when its place is reserved', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 1 });
    await executor.submit(work.pass(gate.shared));
    let pulled = 0;
    function* source() {
      for (;;) yield work.echo(pulled++);
    }
    const stream = executor.asCompleted(source());
    const first = stream.next();
    await rounds();
    expect(pulled).toBe(1);
    gate.open();
    expect((await first).done).toBe(false);
    await stream.return?.();
  });

  test('window bounds what is in flight or unread', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 2, maxPending: 100 });
    let pulled = 0;
    function* source() {
      for (;;) yield work.echo(pulled++);
    }
    const stream = executor.asCompleted(source(), { window: 3 });
    for (let read = 1; read <= 20; read++) {
      const { value } = await stream.next();
      expect(value?.done).toBe(true);
      await rounds();
      expect(pulled).toBeLessThanOrEqual(read + 3);
    }
    await stream.return?.();
  });

  test('leaving the loop stops pulling, cancels what has not started, and lets what runs finish', async ({
    gate,
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 3 });
    let closed = false;
    function* source() {
      try {
        yield work.echo('first');
        yield work.pass(gate.shared);
        for (;;) yield work.count(gate.shared);
      } finally {
        closed = true;
      }
    }
    for await (const future of executor.asCompleted(source())) {
      expect(await future.result()).toBe('first');
      await gate.arrivals();
      break;
    }
    expect(closed).toBe(true);
    expect(executor.stats()).toMatchObject({ running: 1, pending: 0 });
    gate.open();
    await executor.shutdown();
    expect(gate.count).toBe(0);
  });

  test('after it was left, next() is done', async ({ executor, gate }) => {
    const stream = executor.asCompleted([work.echo(0), work.pass(gate.shared), work.echo(2)]);
    await stream.next();
    await gate.arrivals();
    await stream.return?.();
    gate.open();
    await executor.shutdown();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test('an error of the source comes after the results that were in flight', async ({ executor }) => {
    const failure = new Error('source');
    function* source() {
      yield work.echo(1);
      yield work.echo(2);
      throw failure;
    }
    const seen: unknown[] = [];
    const loop = async () => {
      for await (const future of executor.asCompleted(source())) seen.push(await future.result());
    };
    expect(await reasonOf(loop())).toBe(failure);
    expect(seen).toEqual([1, 2]);
    expect(executor.stats()).toMatchObject({ pending: 0, waiting: 0, submitted: 2 });
  });

  test('an item that is no task ends the loop as an error of the source, and the source is closed', async ({
    executor,
  }) => {
    let closed = false;
    function* source() {
      try {
        yield work.echo(1);
        yield 'no task' as unknown as Task<number>;
      } finally {
        closed = true;
      }
    }
    expect(await reasonOf(collect(executor.asCompleted(source())))).toMatchObject({
      name: 'InvalidTaskError',
    });
    expect(closed).toBe(true);
  });

  test('takes async sources, and waits for them', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 2 });
    async function* source() {
      for (const n of numbers(50)) {
        if (n % 10 === 0) await rounds(1);
        yield work.echo(n);
      }
    }
    const all = await results(executor.asCompleted(source()));
    expect(all.toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers(50));
  });

  test('a rejecting async source ends it', async ({ executor }) => {
    async function* source() {
      yield work.echo(1);
      throw new Error('async source');
    }
    expect(await reasonOf(collect(executor.asCompleted(source())))).toMatchObject({
      message: 'async source',
    });
  });

  test('an executor that is shut down ends it with ExecutorClosedError, and the source is closed', async ({
    executor,
  }) => {
    let closed = false;
    function* source() {
      try {
        for (;;) yield work.echo(1);
      } finally {
        closed = true;
      }
    }
    const stream = executor.asCompleted(source(), { window: 2 });
    await stream.next();
    await executor.shutdown();
    expect(await reasonOf(collect(stream))).toMatchObject({ name: 'ExecutorClosedError' });
    expect(closed).toBe(true);
  });

  test('a source that gives nothing keeps no place from others', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    const stream = executor.asCompleted(silent());
    expect((await stream.next()).done).toBe(false);
    void stream.next();
    await rounds();
    expect(await executor.run(work.echo('other'))).toBe('other');
    await stream.return?.();
  });

  test.for(['drain', 'cancel'] as const)(
    "a source that gives nothing does not keep shutdown('%s') waiting",
    async (mode, { executor }) => {
      const stream = executor.asCompleted(silent());
      expect((await stream.next()).done).toBe(false);
      const next = reasonOf(stream.next());
      await executor.shutdown({ mode });
      expect(await next).toMatchObject({ name: 'ExecutorClosedError' });
    },
  );
});

async function* silent() {
  yield work.echo(1);
  await new Promise(() => {});
}

test('a million tasks and a slow reader: little is pulled ahead, and memory stays flat', async ({
  makeExecutor,
}) => {
  const executor = makeExecutor({ workers: 2, maxPending: 64 });
  let pulled = 0;
  function* source() {
    while (pulled < 1_000_000) yield work.echo(pulled++);
  }
  let read = 0;
  let ahead = 0;
  let early = 0;
  for await (const future of executor.asCompleted(source())) {
    read++;
    ahead = Math.max(ahead, pulled - read);
    // A reader that is slow now and then: meanwhile the window fills, and the source must stand still.
    if (read % 5_000 === 0) await rounds(20);
    if (read === 20_000) early = heapAfterCollection();
    if (read === 1_000_000) expect(future.state).toBe('fulfilled');
  }
  expect(read).toBe(1_000_000);
  expect(ahead).toBeLessThanOrEqual(executor.capacity + 1);
  expect(heapAfterCollection() - early).toBeLessThan(8 * 2 ** 20);
});

/** The collector, although the test runner was started without `--expose-gc`. */
const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

function heapAfterCollection(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
