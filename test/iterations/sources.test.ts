import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { ExecutorClosedError, TaskTimeoutError, WorkerCrashedError, inline, transferable } from 'millrace';
import type { Executor } from 'millrace';
import { Channel } from 'millrace/flow';
import { describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import { Gate } from '../support/gate.ts';
import { generators } from '../support/generators.ts';
import { collect, present, reasonOf, rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const sumOf = (count: number) => (count * (count - 1)) / 2;

/** A source that counts what is asked of it. */
class Counted implements AsyncIterable<number> {
  opened = 0;
  pulled = 0;
  returned = 0;
  readonly #end: number;
  readonly #whenReturned: (() => void)[] = [];

  constructor(end = Infinity) {
    this.#end = end;
  }

  async untilReturned(): Promise<void> {
    if (this.returned === 0) await new Promise<void>((resolve) => this.#whenReturned.push(resolve));
  }

  [Symbol.asyncIterator](): AsyncIterator<number> {
    this.opened++;
    return {
      next: async () =>
        this.pulled === this.#end ? { done: true, value: undefined } : { done: false, value: this.pulled++ },
      return: async () => {
        this.returned++;
        for (const resolve of this.#whenReturned.splice(0)) resolve();
        return { done: true, value: undefined };
      },
    };
  }
}

describe('an async iterable as an argument', () => {
  test('may be an iteration of the same executor, on one worker', async ({ executor }) => {
    expect(await executor.run(generators.sum(executor.iterate(generators.count(3000))))).toBe(sumOf(3000));
    expect(executor.stats()).toMatchObject({ running: 0, pending: 0, suspended: 0, fulfilled: 2 });
  });

  test.for([1, 3, 1000])('may be one with a window of %i', async (window, { executor, gate }) => {
    const numbers = executor.iterate(generators.count(200, gate.shared), { window });
    expect(await executor.run(generators.sum(numbers))).toBe(sumOf(200));
    expect(gate.arrived).toBe(1);
  });

  test('goes through any number of tasks on one worker', async ({ executor }) => {
    let numbers: AsyncIterable<number> = executor.iterate(generators.countLater(300), { window: 7 });
    for (let level = 0; level < 5; level++)
      numbers = executor.iterate(generators.doubled(numbers), { window: 5 });
    expect(await executor.run(generators.sum(numbers))).toBe(sumOf(300) * 32);
  });

  test('may be an iteration of another executor', async ({ executor, makeExecutor }) => {
    const other = makeExecutor({ workers: 1 });
    expect(await executor.run(generators.sum(other.iterate(generators.count(500))))).toBe(sumOf(500));
    await other.shutdown();
  });

  test('may be a generator of this thread, whose return value comes last', async ({ executor }) => {
    async function* letters() {
      yield 'a';
      await rounds(3);
      yield { deep: [Buffer.from('b')] };
      return 'end';
    }
    expect(await executor.run(generators.drain(letters()))).toEqual({
      items: ['a', { deep: [Buffer.from('b')] }],
      value: 'end',
    });
  });

  test('may be a Node stream or a web stream that does not move', async ({ executor }) => {
    expect(await executor.run(generators.drain(Readable.from(['a', 'b'])))).toMatchObject({
      items: ['a', 'b'],
    });
    expect(await executor.run(generators.drain(ReadableStream.from([1, 2])))).toMatchObject({
      items: [1, 2],
    });
  });

  test('may stand anywhere among the arguments, and several times', async ({ executor }) => {
    const [a, b] = [new Counted(3), executor.iterate(generators.count(3))];
    expect(await executor.run(generators.zipSources(a, b))).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    const second = inline(
      async (_: string, source: AsyncIterable<number>) => {
        let total = 0;
        for await (const n of source) total += n;
        return total;
      },
      'first',
      new Counted(4),
    );
    expect(await executor.run(second)).toBe(6);
  });

  test('may be made anew for each task from one object', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 2 });
    const source = { [Symbol.asyncIterator]: () => generatorOf(10) };
    expect(await Promise.all([1, 2, 3].map(() => executor.run(generators.sum(source))))).toEqual([
      45, 45, 45,
    ]);
  });

  test('yields what it was when it was pulled', async ({ executor }) => {
    const row = { n: 0, inner: [0] };
    const bytes = new Uint8Array(50_000);
    async function* same() {
      for (let n = 0; n < 40; n++) {
        row.n = row.inner[0] = n;
        yield row;
        yield bytes.fill(n);
      }
    }
    const { items } = await executor.run(generators.drain(same()));
    expect(items.filter((_, index) => index % 2 === 0)).toEqual(upTo(40).map((n) => ({ n, inner: [n] })));
    expect(items.filter((_, index) => index % 2 === 1).map((each) => each.at(-1))).toEqual(upTo(40));
  });

  test('may move what it yields', async ({ executor }) => {
    const bytes = [1, 2, 3].map((n) => new Uint8Array(n));
    async function* moving() {
      for (const each of bytes) yield transferable(each, [each.buffer]);
    }
    const { items } = await executor.run(generators.drain(moving()));
    expect(items.map(({ length }) => length)).toEqual([1, 2, 3]);
    expect(bytes.map(({ length }) => length)).toEqual([0, 0, 0]);
  });
});

async function* generatorOf(count: number) {
  for (let n = 0; n < count; n++) yield n;
}

describe('the bound', () => {
  test('holds: 1,024 items ahead of what the task has read', async ({ executor, gate }) => {
    const source = new Counted();
    const task = executor.run(generators.readThenPass(source, 10, gate.shared));
    await gate.arrivals();
    await rounds(50);
    // It is told when half of the window has been read.
    expect(source.pulled).toBeGreaterThanOrEqual(1024);
    expect(source.pulled).toBeLessThanOrEqual(10 + 1024);
    gate.open();
    expect(await task).toBe('passed');
    expect(source.returned).toBe(1);
  });

  test('holds in bytes: 16 MiB', async ({ executor, gate }) => {
    let pulled = 0;
    async function* blocks() {
      for (;;) {
        pulled++;
        yield new Uint8Array(2 ** 20);
      }
    }
    const task = executor.run(generators.readThenPass(blocks(), 2, gate.shared));
    await gate.arrivals();
    await rounds(50);
    expect(pulled).toBeGreaterThanOrEqual(16);
    expect(pulled).toBeLessThanOrEqual(2 + 16);
    gate.open();
    await task;
  });

  test('is that of the iteration, where it is one: what its reader has pulled and what the task has read', async ({
    gate,
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 2 });
    const made = new Gate();
    const numbers = executor.iterate(generators.count(1e9, made.shared), { window: 4 });
    const task = executor.run(generators.readThenPass(numbers, 3, gate.shared));
    await gate.arrivals();
    await made.counted(3 + 4);
    await rounds(50);
    expect(made.count).toBeLessThanOrEqual(3 + 4 + 4);
    gate.open();
    await task;
    await made.arrivals();
  });

  test('nothing is pulled before the task reads', async ({ executor, gate }) => {
    const source = new Counted();
    const task = executor.run(generators.readThenPass(source, 0, gate.shared));
    await gate.arrivals();
    await rounds(20);
    expect(source).toMatchObject({ opened: 0, pulled: 0 });
    gate.open();
    await task;
    expect(source).toMatchObject({ pulled: 0, returned: 1 });
  });

  test('one that is always ready leaves the event loop to others', async ({ executor }) => {
    const controller = new AbortController();
    const task = executor.run(generators.sum(new Counted()), { signal: controller.signal });
    setTimeout(() => controller.abort('enough'), 20);
    expect(await reasonOf(task)).toBe('enough');
  });
});

describe('a task that waits for items', () => {
  test('gives its worker back, and keeps its place', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 1 });
    let go = () => {};
    const waited = new Promise<void>((resolve) => (go = resolve));
    let isPulled = () => {};
    const pulled = new Promise<void>((resolve) => (isPulled = resolve));
    async function* late() {
      isPulled();
      await waited;
      yield 1;
    }
    const task = executor.run(generators.sum(late()));
    await pulled;
    expect(await executor.run(work.echo('other'))).toBe('other');
    expect(executor.stats()).toMatchObject({ suspended: 1, running: 0 });
    expect(executor.trySubmit(work.pass(gate.shared))).not.toBeNull();
    expect(executor.trySubmit(work.echo(1))).toBeNull();
    gate.open();
    go();
    expect(await task).toBe(1);
  });

  test.for([0, 1, 3])(
    'no number of pipelines stands still, with maxPending %i',
    async (maxPending, { makeExecutor }) => {
      const executor = makeExecutor({ workers: 1, maxPending });
      const iterations = upTo(20).map(() => executor.iterate(generators.count(50), { window: 3 }));
      const sums = iterations.map((numbers) => executor.run(generators.sum(numbers)));
      expect(await Promise.all(sums)).toEqual(upTo(20).map(() => sumOf(50)));
      const pairs = upTo(20).map(() =>
        executor.run(generators.sum(executor.iterate(generators.count(50), { window: 3 }))),
      );
      expect(await Promise.all(pairs)).toEqual(upTo(20).map(() => sumOf(50)));
    },
  );
});

/** What the executor makes of numbers by tasks, as sources of other tasks. */
const madeByTasks = {
  map: (executor) => executor.map(upTo(20), (n) => work.echo(n)),
  'unordered map': (executor) => executor.map(upTo(20), (n) => work.echo(n), { ordered: false }),
  flatMap: (executor) => executor.flatMap([10, 10], (n) => generators.count(n), { window: 3 }),
  'unordered flatMap': (executor) =>
    executor.flatMap([10, 10], (n) => generators.count(n), { window: 3, ordered: false }),
  stream: (executor) => ReadableStream.from(upTo(20)).pipeThrough(executor.stream((n) => work.echo(n))),
  'stream of generators': (executor) =>
    ReadableStream.from([10, 10]).pipeThrough(executor.stream((n) => generators.count(n))),
  duplex: (executor) => Readable.from(upTo(20)).pipe(executor.duplex((n: number) => work.echo(n))),
} satisfies Record<string, (executor: Executor) => AsyncIterable<number>>;

describe('a source that the executor makes by tasks', () => {
  test.for(Object.entries(madeByTasks))('%s: no place is held for it', async ([, make], { makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    const sums = upTo(3).map(() => executor.run(generators.sum(make(executor))));
    for (const sum of await Promise.all(sums)) expect([sumOf(20), 2 * sumOf(10)]).toContain(sum);
    expect(executor.stats()).toMatchObject({ running: 0, pending: 0, suspended: 0 });
  });

  test('may have been read before', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    const numbers = executor.flatMap([10], (n) => generators.count(n), { window: 3 });
    expect(await numbers.next()).toEqual({ done: false, value: 0 });
    expect(await executor.run(generators.sum(numbers))).toBe(sumOf(10));
  });
});

describe('a source ends once', () => {
  test('left by the task', async ({ executor }) => {
    const source = new Counted();
    expect(await executor.run(generators.readSome(source, 3))).toEqual([0, 1, 2]);
    await rounds();
    expect(source).toMatchObject({ opened: 1, returned: 1 });
  });

  test('not at all if it ended by itself', async ({ executor }) => {
    const source = new Counted(3);
    expect(await executor.run(generators.sum(source))).toBe(3);
    await rounds();
    expect(source).toMatchObject({ opened: 1, returned: 0 });
  });

  test('with a task that never read it', async ({ executor, gate }) => {
    const source = new Counted();
    const iteration = executor.iterate(generators.count(1e9, gate.shared), { window: 2 });
    expect(await executor.run(generators.readSome(source, 0))).toEqual([]);
    expect(await executor.run(generators.readSome(iteration, 0))).toEqual([]);
    await gate.arrivals();
    expect(source.returned).toBe(1);
    expect(iteration.future.state).toBe('cancelled');
  });

  test('with one that is cancelled while it waits for an item', async ({ executor, gate }) => {
    let returned = 0;
    let isPulled = () => {};
    const pulled = new Promise<void>((resolve) => (isPulled = resolve));
    const never = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          isPulled();
          return new Promise<never>(() => {});
        },
        return: async () => ({ done: true as const, value: void returned++ }),
      }),
    };
    const future = await executor.submit(generators.sum(never, gate.shared));
    await pulled;
    expect(future.cancel('enough')).toBe(true);
    await gate.arrivals();
    expect(returned).toBe(1);
    expect(await executor.run(work.echo(1))).toBe(1);
  });

  test('with one that is cancelled in line, refused, or too late', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0, maxWaiting: 1 });
    const held = await executor.submit(work.pass(gate.shared));
    await gate.arrivals();
    const [waiting, refused, late, tried] = [new Counted(), new Counted(), new Counted(), new Counted()];
    const controller = new AbortController();
    const first = executor.run(generators.sum(waiting), { signal: controller.signal });
    expect(await reasonOf(executor.run(generators.sum(refused)))).toMatchObject({ name: 'SaturatedError' });
    expect(executor.trySubmit(generators.sum(tried))).toBeNull();
    controller.abort('no');
    expect(await reasonOf(first)).toBe('no');
    expect(await reasonOf(executor.run(generators.sum(late), { deadlineMs: 1 }))).toBeInstanceOf(
      TaskTimeoutError,
    );
    for (const source of [waiting, refused, late, tried])
      expect(source).toMatchObject({ pulled: 0, returned: 1 });
    gate.open();
    await held.result();
  });

  test('with one whose thread crashes, which is not run again', async ({ executor, gate }) => {
    const source = new Counted();
    const task = executor.run(generators.readThenExit(source, 2, gate.shared), { retries: 3 });
    expect(await reasonOf(task)).toBeInstanceOf(WorkerCrashedError);
    await rounds();
    expect(source.returned).toBe(1);
    expect(gate.count).toBe(1);
  });

  test('but a task that had read nothing is run again, and reads it', async ({ executor, gate }) => {
    const source = new Counted(5);
    expect(await executor.run(generators.exitUnread(source, gate.shared), { retries: 1 })).toBe(10);
    expect(source).toMatchObject({ opened: 1, returned: 0 });
  });

  test('with one that runs out of time', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, interruptGraceMs: 10 });
    const source = new Counted();
    const task = executor.run(generators.sum(source), { timeoutMs: 30 });
    expect(await reasonOf(task)).toBeInstanceOf(TaskTimeoutError);
    await source.untilReturned();
    expect(source.returned).toBe(1);
  });

  test.for(['cancel', 'kill'] as const)('with a shutdown in mode %s', async (mode, { executor, gate }) => {
    const source = new Counted();
    const future = await executor.submit(generators.sum(source, gate.shared));
    await gate.counted(1);
    const closed = executor.shutdown({ mode });
    expect(await reasonOf(future.result())).toBeInstanceOf(ExecutorClosedError);
    await closed;
    expect(source.returned).toBe(1);
  });

  test('and a shutdown that drains waits for it', async ({ executor }) => {
    const source = new Counted(2000);
    const task = executor.run(generators.sum(source));
    await executor.shutdown();
    expect(await task).toBe(sumOf(2000));
  });

  test('a stream of Node is destroyed, also if nobody had read it', async ({ executor }) => {
    const streams = [0, 1].map(() => new Readable({ objectMode: true, read: () => {} }));
    for (const stream of streams) stream.push('first');
    const closed = streams.map((stream) => once(stream, 'close'));
    const [unread, begun] = streams;
    expect(await executor.run(generators.readSome(present(unread), 0))).toEqual([]);
    expect(await executor.run(generators.readSome(present(begun), 1))).toEqual(['first']);
    await Promise.all(closed);
  });

  test('a web stream is cancelled, also while it waits', async ({ executor }) => {
    let cancelled = () => {};
    const done = new Promise<void>((resolve) => (cancelled = resolve));
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue('first'),
      cancel: () => cancelled(),
    });
    expect(await executor.run(generators.readSome(stream, 1))).toEqual(['first']);
    await done;
  });
});

describe('an error', () => {
  test('of the source comes after its items, as it was', async ({ executor }) => {
    async function* failing() {
      yield 1;
      throw Object.assign(new RangeError('broken'), { code: 'E_SOURCE' });
    }
    const { items, error } = await executor.run(generators.drain(failing()));
    expect(items).toEqual([1]);
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: 'broken', code: 'E_SOURCE' });
  });

  test('of opening it comes at the first next()', async ({ executor }) => {
    const bad = {
      [Symbol.asyncIterator]: (): AsyncIterator<number> => {
        throw new Error('not today');
      },
    };
    expect(await executor.run(generators.drain(bad))).toMatchObject({
      items: [],
      error: { message: 'not today' },
    });
  });

  test('of one that can’t be read says what it must return', async ({ executor }) => {
    const from = (asyncIterator: unknown) => ({ [Symbol.asyncIterator]: asyncIterator }) as never;
    await expect(executor.run(generators.sum(from(() => undefined)))).rejects.toThrow(
      /asyncIterator\]\(\) of a source must return an object with next\(\), not undefined/,
    );
    await expect(executor.run(generators.sum(from(() => ({ next: 5 }))))).rejects.toThrow(
      /asyncIterator\]\(\) of a source must return an object with next\(\), not { next: 5 }/,
    );
    await expect(executor.run(generators.sum(from('x')))).rejects.toThrow(
      "[Symbol.asyncIterator] of a source must be a function, not 'x'",
    );
    await expect(executor.run(generators.sum(from(() => ({ next: () => 'x' }))))).rejects.toThrow(
      "next() of a generator or a source must return an object with done and value, not 'x'",
    );
    const asked = Object.defineProperty(new Counted(3), 'destroy', { get: () => expect.fail('asked') });
    expect(await executor.run(generators.sum(asked))).toBe(3);
  });

  test('of one that can’t be listened to ends a loop over tasks, and gives its place back', async ({
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    const refuses = () => expect.fail('no listeners');
    const bad = () => generators.sum(Object.assign(new Counted(1), { destroy() {}, pipe() {}, on: refuses }));
    await expect(collect(executor.map([1, 2], bad))).rejects.toThrow('no listeners');
    // Its items come later.
    await expect(collect(executor.map(ReadableStream.from([1]), bad))).rejects.toThrow('no listeners');
    expect(executor.stats()).toMatchObject({ running: 0, pending: 0, waiting: 0 });
    expect(await executor.run(generators.sum(new Counted(3)))).toBe(3);
  });

  test('of a stream of Node that fails before it is read ends nothing else', async ({ executor }) => {
    const missing = createReadStream('/nowhere/to/be/found');
    await once(missing, 'error');
    expect(await executor.run(generators.drain(missing))).toMatchObject({
      items: [],
      error: { code: 'ENOENT' },
    });
    const later = createReadStream('/nowhere/to/be/found');
    expect(await executor.run(generators.drain(later))).toMatchObject({
      items: [],
      error: { code: 'ENOENT' },
    });
  });

  test('of an item that can’t be cloned names it, and the source is left', async ({ executor }) => {
    let left = 0;
    async function* uncloneable() {
      try {
        yield 1;
        yield { handler() {} };
      } finally {
        left++;
      }
    }
    const { items, error } = await executor.run(generators.drain(uncloneable()));
    expect(items).toEqual([1]);
    expect(error).toMatchObject({ name: 'DataCloneError' });
    expect(error.message).toContain('item.handler');
    expect(left).toBe(1);
  });

  test('of an iteration reaches the task', async ({ executor }) => {
    const failing = executor.iterate(generators.thenThrow(3, 'in the first'));
    expect(await executor.run(generators.drain(failing))).toMatchObject({
      items: [0, 1, 2],
      error: { message: 'in the first' },
    });
  });

  test('of a source that is left is a warning', async ({ executor }) => {
    const warning = once(process, 'warning');
    async function* bad() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        // oxlint-disable-next-line no-unsafe-finally
        throw new Error('would not go');
      }
    }
    await executor.run(generators.readSome(bad(), 1));
    expect(await warning).toMatchObject([{ name: 'MillraceSourceWarning' }]);
  });
});

describe('elsewhere than among the arguments', () => {
  test('it is refused with its path and what to do instead', async ({ executor }) => {
    const iteration = executor.iterate(generators.count(1));
    const reason = await reasonOf(executor.run(generators.notOne({ rows: [iteration] })));
    expect(reason).toMatchObject({ name: 'DataCloneError' });
    expect(String(reason)).toMatch(/args\[0\]\.rows\[0\]: .*an argument by itself/);
    await iteration.return();
  });

  class Rows {
    readonly name = 'rows';
    async *[Symbol.asyncIterator]() {
      yield 1;
    }
  }
  test.for([
    ['a loop of the executor', (executor: Executor) => executor.map([1], (n) => generators.notOne(n))],
    ['a loop over generators', (executor: Executor) => executor.flatMap([1], (n) => generators.count(n))],
    ['futures', (executor: Executor) => executor.asCompleted([generators.notOne(1)])],
    ['an object of a class, with data', () => new Rows()],
    ['an object without anything else', () => ({ [Symbol.asyncIterator]: () => new Rows() })],
    ['a channel', () => new Channel(1)],
  ] as const)('also if it is made by hand, or by the executor: %s', async ([, make], { executor }) => {
    const reason = await reasonOf(executor.run(generators.notOne({ rows: [make(executor)] })));
    expect(reason).toMatchObject({ name: 'DataCloneError' });
    expect(String(reason)).toMatch(/args\[0\]\.rows\[0\]: .*an argument by itself/);
  });

  test('as a result as well', async ({ executor }) => {
    expect(String(await reasonOf(executor.run(generators.iterableResult())))).toMatch(
      /^DataCloneError: result: #<Rows> /,
    );
  });
});

describe('in tasks', () => {
  test('an iteration of a task is the argument of another one, on one worker', async ({ executor }) => {
    expect(await executor.run(generators.nestedSum(3000))).toBe(sumOf(3000));
  });

  test('and so is what it makes by itself', async ({ executor }) => {
    expect(await executor.run(generators.nestedOwnSource(3000))).toBe(sumOf(3000));
  });

  test('it is ended if its task is refused before it is sent', async ({ executor }) => {
    expect(await executor.run(generators.refusedSource(true))).toEqual(['AbortError', 1]);
    expect(await executor.run(generators.refusedSource(false))).toEqual(['DataCloneError', 1]);
  });
});

test('a generator that reads is read in turn, and leaving it leaves both', async ({ executor, gate }) => {
  const numbers = executor.iterate(generators.count(1e9, gate.shared), { window: 3 });
  for await (const n of executor.iterate(generators.doubled(numbers), { window: 2 })) if (n === 10) break;
  await gate.arrivals();
  const all = executor.iterate(generators.doubled(executor.iterate(generators.count(100))));
  expect(await collect(all)).toEqual(upTo(100).map((n) => 2 * n));
});
