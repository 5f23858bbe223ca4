import { getEventListeners } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Executor } from 'millrace';
import { describe, expect } from 'vitest';
import { test } from '../../support/executor-test.ts';
import { runScript } from '../../support/run-script.ts';
import { collect, reasonOf, rounds } from '../../support/settling.ts';
import { work } from '../../support/work.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Counts what a source has given and what a sink has got; the difference is what is under way. */
class Tally {
  given = 0;
  got = 0;
  most = 0;

  *source(count: number) {
    for (; this.given < count; ) yield this.given++;
  }

  /** A reader who is slow: everything that can be taken ahead of it is taken. */
  async take(): Promise<void> {
    this.got++;
    await rounds();
    this.most = Math.max(this.most, this.given - this.got);
  }
}

/** A Node stream that takes one item at a time. */
const slowly = (take: (item: unknown) => Promise<void>) =>
  new Writable({
    objectMode: true,
    highWaterMark: 1,
    write: (item, _encoding, written) => void take(item).then(() => written(), written),
  });

describe('what is under way while the reader is slow', () => {
  /** The window, and the item that is being written. */
  const bound = 4 + 1;

  test('pipeThrough() and pipeTo()', async ({ executor }) => {
    const tally = new Tally();
    const source = new ReadableStream<number>(puller(tally.source(50)), { highWaterMark: 0 });
    const transform = executor.stream((item: number) => work.echo(item), { window: 4 });
    await source.pipeThrough(transform).pipeTo(new WritableStream({ write: () => tally.take() }));
    expect(tally).toMatchObject({ got: 50, most: bound });
  });

  test('pipeline()', async ({ executor }) => {
    const tally = new Tally();
    const items = tally.source(50);
    const source = new Readable({
      objectMode: true,
      highWaterMark: 0,
      read() {
        this.push(items.next().value ?? null);
      },
    });
    const transform = executor.duplex((item: number) => work.echo(item), { window: 4 });
    await pipeline(
      source,
      transform,
      slowly(() => tally.take()),
    );
    expect(tally).toMatchObject({ got: 50, most: bound });
  });

  test('for await over a Node stream', async ({ executor }) => {
    const tally = new Tally();
    const transform = executor.duplex((item: number) => work.echo(item), { window: 4 });
    const written = (async () => {
      for (const item of tally.source(50)) await new Promise((resolve) => transform.write(item, resolve));
      transform.end();
    })();
    for await (const _ of transform) await tally.take();
    await written;
    expect(tally).toMatchObject({ got: 50, most: bound });
  });
});

const puller = (items: Iterator<number>) => ({
  pull(controller: ReadableStreamDefaultController<number>) {
    const step = items.next();
    if (step.done === true) controller.close();
    else controller.enqueue(step.value);
  },
});

describe('pipeline()', () => {
  test('ends with the failure of a task, and all its streams with it', async ({ executor }) => {
    const streams = [Readable.from(numbers(50)), new PassThrough({ objectMode: true })] as const;
    const transform = executor.duplex((item: number) => (item === 20 ? work.throwCustom() : work.echo(item)));
    const reason = await reasonOf(pipeline(streams[0], transform, streams[1].resume()));
    expect(reason).toMatchObject({ name: 'PaymentError', code: 'E_PAYMENT' });
    expect([...streams, transform].map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
    await idle(executor);
  });

  test('ends when its source fails, and cancels what has not begun', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    async function* source() {
      yield 0;
      yield 1;
      await gate.arrivals();
      throw new Error('source');
    }
    const toTask = (item: number) => (item === 0 ? work.pass(gate.shared) : work.count(gate.shared));
    const sink = new PassThrough({ objectMode: true }).resume();
    const reason = await reasonOf(pipeline(source(), executor.duplex(toTask), sink));
    expect(reason).toMatchObject({ message: 'source' });
    gate.open();
    await executor.shutdown();
    expect(executor.stats()).toMatchObject({ fulfilled: 1, cancelled: 1 });
    expect(gate.count).toBe(0);
  });

  test('ends with its signal, and leaves no listener on it', async ({ executor, gate }) => {
    const controller = new AbortController();
    const { signal } = controller;
    const sink = () => new PassThrough({ objectMode: true }).resume();
    for (let run = 0; run < 20; run++) {
      await pipeline(
        Readable.from([1]),
        executor.duplex((item) => work.echo(item)),
        sink(),
        { signal },
      );
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    const held = pipeline(
      Readable.from(numbers(50)),
      executor.duplex(() => work.pass(gate.shared)),
      sink(),
      { signal },
    );
    const reason = reasonOf(held);
    await gate.arrivals(2);
    controller.abort();
    expect(await reason).toMatchObject({ name: 'AbortError' });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    gate.open();
    await idle(executor);
    expect(executor.stats().fulfilled).toBe(22);
  });

  test('ends when its reader has had enough', async ({ executor }) => {
    const source = Readable.from(numbers(50));
    const transform = executor.duplex((item) => work.echo(item), { window: 2 });
    const first = async (results: AsyncIterable<unknown>) => {
      for await (const result of results) return result;
      return undefined;
    };
    expect(await reasonOf(pipeline(source, transform, first))).toMatchObject({ name: 'AbortError' });
    expect([source.destroyed, transform.destroyed]).toEqual([true, true]);
    await idle(executor);
  });

  test('passes through several executors', async ({ executor, makeExecutor }) => {
    const other = makeExecutor({ workers: 1, maxPending: 0 });
    const results: unknown[] = [];
    await pipeline(
      numbers(20),
      executor.duplex((item: number) => work.add(item, 1), { ordered: false }),
      other.duplex((item: number) => work.add(item, 1)),
      slowly(async (item) => void results.push(item)),
    );
    await other.shutdown();
    expect(results.toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers(20).map((item) => item + 2));
  });
});

describe('a Node stream', () => {
  test('can be left by break', async ({ executor }) => {
    const transform = executor.duplex((item) => work.echo(item));
    for (const item of numbers(5)) transform.write(item, () => {});
    for await (const item of transform) {
      expect(item).toBe(0);
      break;
    }
    expect(transform.destroyed).toBe(true);
    await idle(executor);
  });

  test('has not ended when it was destroyed', async ({ executor }) => {
    const transform = executor.duplex((item) => work.echo(item));
    let ended = false;
    transform.on('end', () => (ended = true)).resume();
    await rounds();
    transform.destroy();
    await rounds();
    expect(ended).toBe(false);
  });

  test("can't carry null", async ({ executor }) => {
    const transform = executor.duplex((item) => work.echo(item));
    transform.write({ is: 'written' });
    transform.write(undefined);
    transform.end();
    expect(await collect(transform)).toEqual([{ is: 'written' }, undefined]);
    const nothing = executor.duplex(() => work.echo(null));
    nothing.end('item');
    const message =
      'a task returned null, which a Node stream can’t carry: use outcomes: true, or a web stream';
    expect(await reasonOf(collect(nothing))).toMatchObject({ code: 'ERR_MILLRACE_NULL_RESULT', message });
    const outcomes = executor.duplex(() => work.echo(null), { outcomes: true });
    outcomes.end('item');
    expect(await collect(outcomes)).toMatchObject([{ status: 'fulfilled', value: null }]);
  });

  test.for([undefined, null, 0, '', true, 'text'])(
    'fails with an Error when a task throws %o',
    async (value, { executor }) => {
      const transform = executor.duplex(() => work.reject(value));
      transform.end('item');
      expect(await reasonOf(collect(transform))).toMatchObject({ cause: value });
      expect(transform.errored).toBeInstanceOf(Error);
    },
  );
});

describe('web streams', () => {
  test('carry null, both ways', async ({ executor }) => {
    const results = new ReadableStream(puller([null, 1].values() as Iterator<never>)).pipeThrough(
      executor.stream((item) => work.echo(item)),
    );
    expect(await collect(results)).toEqual([null, 1]);
  });

  test.for([undefined, null, 'text'])(
    'fail with what a task throws, be it %o',
    async (value, { executor }) => {
      const source = new ReadableStream(puller([1].values()));
      const results = source.pipeThrough(executor.stream(() => work.reject(value)));
      expect(await reasonOf(collect(results))).toBe(value);
    },
  );

  test('end with the failure of a task, also their source', async ({ executor }) => {
    let cancelled: unknown;
    const source = new ReadableStream<number>({
      ...puller(numbers(50).values()),
      cancel: (reason) => void (cancelled = reason),
    });
    const failing = executor.stream((item: number) => (item === 20 ? work.throwCustom() : work.echo(item)), {
      window: 4,
    });
    const reason = await reasonOf(collect(source.pipeThrough(failing)));
    expect(reason).toMatchObject({ name: 'PaymentError' });
    await rounds();
    expect(cancelled).toBe(reason);
    await idle(executor);
  });

  test('end when their source fails', async ({ executor }) => {
    const source = new ReadableStream<number>({
      pull: (controller) => controller.error(new Error('source')),
    });
    const results = source.pipeThrough(executor.stream((item) => work.echo(item)));
    expect(await reasonOf(collect(results))).toMatchObject({ message: 'source' });
  });

  test.for(['break', 'cancel'] as const)(
    'can be left by %s, and then their source is',
    async (how, { executor }) => {
      let cancelled: unknown;
      const source = new ReadableStream<number>({
        ...puller(numbers(50).values()),
        cancel: (reason) => void (cancelled = reason),
      });
      const results = source.pipeThrough(executor.stream((item) => work.echo(item), { window: 4 }));
      if (how === 'cancel') await results.cancel('enough');
      else
        for await (const item of results) {
          expect(item).toBe(0);
          break;
        }
      await rounds();
      if (how === 'cancel') expect(cancelled).toBe('enough');
      else expect(cancelled).toMatchObject({ name: 'AbortError' });
      await idle(executor);
    },
  );

  test('end with the signal of a pipe, which keeps no listener', async ({ executor, gate }) => {
    const controller = new AbortController();
    const { signal } = controller;
    const source = new ReadableStream(puller(numbers(50).values()));
    const transform = executor.stream(() => work.pass(gate.shared));
    const piped = reasonOf(source.pipeThrough(transform).pipeTo(new WritableStream(), { signal }));
    await gate.arrivals(2);
    controller.abort('enough');
    expect(await piped).toBe('enough');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    gate.open();
    await idle(executor);
    expect(executor.stats().fulfilled).toBe(2);
  });
});

/** Resolves when the executor has nothing left of all that. */
async function idle(executor: Executor): Promise<void> {
  await executor.shutdown();
  expect(executor.stats()).toMatchObject({ busy: 0, pending: 0, pendingBytes: 0, waiting: 0 });
}

test('a process exits by itself when its streams have ended, or were never read', async () => {
  const { code, stdout, stderr } = await runScript(`
    import { pipeline } from 'node:stream/promises';
    const executor = new Executor({ workers: 1 });
    await pipeline([1, 2], executor.duplex((item) => work.echo(item)), async (items) => {
      for await (const item of items) console.log(item);
    });
    executor.duplex((item) => work.echo(item)).write(1);
    const { readable, writable } = executor.stream((item) => work.echo(item));
    writable.getWriter().write(1);
    const failing = executor.stream(() => work.reject(new Error('no')));
    failing.writable.getWriter().write(1).catch(() => {});
    await failing.readable.getReader().read().catch(({ message }) => console.log(message));
  `);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '1\n2\nno\n', stderr: '' });
});
