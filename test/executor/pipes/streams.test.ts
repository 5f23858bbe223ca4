import { Executor } from 'millrace';
import type { MapOptions, Task } from 'millrace';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Gate } from '../../support/gate.ts';
import { reasonOf, rounds, settlementOf } from '../../support/settling.ts';
import { work } from '../../support/work.ts';
import { endsOfNode, endsOfWeb } from './ends.ts';
import type { Ends } from './ends.ts';

type ToTask = (item: any, index: number) => Task<unknown>;

let gate: Gate;
let executor: Executor;
beforeEach(() => {
  gate = new Gate();
  executor = new Executor({ workers: 1, maxPending: 20 });
});
afterEach(async () => {
  gate.open();
  await executor.shutdown({ mode: 'kill' });
});

const kinds: ['stream' | 'duplex', (toTask: ToTask, options?: MapOptions) => Ends][] = [
  ['stream', (toTask, options) => endsOfWeb(executor.stream(toTask, options))],
  ['duplex', (toTask, options) => endsOfNode(executor.duplex(toTask, options))],
];

/** The first so many are only passed on, the next one holds the thread, and those behind it are counted if they run. */
const heldUpAt =
  (index: number): ToTask =>
  (item) =>
    item < index ? work.echo(item) : item === index ? work.pass(gate.shared, item) : work.count(gate.shared);

const writeAll = (ends: Ends, count: number): Promise<PromiseSettledResult<void>[]> =>
  Promise.allSettled(Array.from({ length: count }, (_, item) => ends.write(item)));

const refused = (reason: unknown) => ({ status: 'rejected', reason });

async function valuesOf(ends: Ends): Promise<unknown[]> {
  const values: unknown[] = [];
  for (let step = await ends.read(); step.done !== true; step = await ends.read()) values.push(step.value);
  return values;
}

/** Resolves when nothing is in flight: what the stream has taken waits for its reader. */
async function allEnded(): Promise<void> {
  for (let { busy, pending } = executor.stats(); busy + pending > 0; { busy, pending } = executor.stats())
    await rounds(1);
}

/** What the executor has done when nothing more comes: nothing is left of the stream. */
async function afterwards(): Promise<{ ran: number; cancelled: number }> {
  gate.open();
  await rounds();
  await executor.shutdown();
  const { cancelled, ...stats } = executor.stats();
  expect(stats).toMatchObject({ pending: 0, running: 0, waiting: 0, pendingBytes: 0 });
  return { ran: gate.count, cancelled };
}

describe.each(kinds)('%s', (kind, open) => {
  test('gives results in the order of the items, each of which has its index', async () => {
    executor = new Executor({ workers: 2 });
    const ends = open((item, index) => work.add(item, index));
    const written = writeAll(ends, 100).then(() => ends.close());
    expect(await valuesOf(ends)).toEqual(Array.from({ length: 100 }, (_, item) => 2 * item));
    await written;
  });

  test('unordered, gives what ends first', async () => {
    executor = new Executor({ workers: 2 });
    await executor.ready();
    const ends = open((item) => (item === 0 ? work.pass(gate.shared, item) : work.echo(item)), {
      ordered: false,
    });
    void writeAll(ends, 2);
    expect(await ends.read()).toMatchObject({ value: 1 });
    gate.open();
    expect(await ends.read()).toMatchObject({ value: 0 });
  });

  test('with outcomes gives failures as values, and goes on', async () => {
    const ends = open((item) => (item === 1 ? work.reject('no') : work.echo(item)), { outcomes: true });
    void writeAll(ends, 3).then(() => ends.close());
    const outcomes = (await valuesOf(ends)) as { status: string }[];
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('takes nothing before it is read, and then no more than the window ahead', async () => {
    let taken = 0;
    const ends = open((item) => (taken++, work.echo(item)), { window: 4 });
    let written = 0;
    for (let item = 0; item < 20; item++)
      ends.write(item).then(
        () => written++,
        () => {},
      );
    await rounds();
    expect(taken).toBe(0);
    await ends.read();
    for (let read = 2; read <= 10; read++) {
      await allEnded();
      await ends.read();
      await rounds();
      expect({ taken, written }).toEqual({ taken: read + 4, written: read + 4 });
    }
    await ends.leave();
  });

  test('takes no item that has no place', async () => {
    executor = new Executor({ workers: 1, maxPending: 0 });
    await executor.submit(work.pass(gate.shared));
    const ends = open((item) => work.echo(item));
    let written = 0;
    void Promise.all([0, 1, 2].map((item) => ends.write(item).then(() => written++))).then(() =>
      ends.close(),
    );
    const first = ends.read();
    await rounds();
    expect(written).toBe(0);
    gate.open();
    expect(await first).toMatchObject({ value: 0 });
    expect(await valuesOf(ends)).toEqual([1, 2]);
  });

  test('ends when nothing was written', async () => {
    const ends = open((item) => work.echo(item));
    const read = ends.read();
    await ends.close();
    expect(await read).toMatchObject({ done: true });
  });

  test('a failure comes in its turn, ends both sides and cancels what has not begun', async () => {
    const ends = open((item, index) =>
      item === 1 ? work.reject(new Error('one')) : heldUpAt(2)(item, index),
    );
    const writes = writeAll(ends, 40);
    expect(await ends.read()).toMatchObject({ value: 0 });
    const reason = await reasonOf(ends.read());
    expect(reason).toMatchObject({ message: 'one' });
    const failed = (await writes).filter((write) => write.status === 'rejected');
    expect(new Set(failed.map((write) => write.reason))).toEqual(new Set([reason]));
    expect(await reasonOf(ends.write('late'))).toBeInstanceOf(Error);
    const { ran, cancelled } = await afterwards();
    expect(ran).toBe(0);
    expect(cancelled).toBeGreaterThan(0);
  });

  test('a failure after the last write ends it as well', async () => {
    const ends = open(() => work.passAndThrow(gate.shared, 'last'));
    const read = reasonOf(ends.read());
    await ends.write(0);
    await ends.close();
    gate.open();
    expect(await read).toMatchObject({ message: 'last' });
  });

  test.each([
    ['throws', () => raise(new Error('toTask')), { message: 'toTask' }],
    ['makes no task', () => 'no task' as never, { name: 'InvalidTaskError' }],
  ])('a function that %s ends it, after what was in flight', async (_, toTask: ToTask, error) => {
    const ends = open((item, index) => (item === 2 ? toTask(item, index) : work.echo(item)));
    const writes = writeAll(ends, 5);
    expect(await ends.read()).toMatchObject({ value: 0 });
    expect(await ends.read()).toMatchObject({ value: 1 });
    const reason = await reasonOf(ends.read());
    expect(reason).toMatchObject(error);
    expect((await writes).slice(3)).toEqual([refused(reason), refused(reason)]);
    await afterwards();
  });

  test('a writer that fails ends it at once, also while a write waits for the reader', async () => {
    const ends = open(heldUpAt(0), { window: 2 });
    const writes = writeAll(ends, 5);
    const read = reasonOf(ends.read());
    await gate.arrivals();
    const reason = new Error('the source');
    await ends.abort(reason);
    expect(await read).toBe(reason);
    expect((await writes).map(({ status }) => status)).toEqual([
      ...Array(2).fill('fulfilled'),
      ...Array(3).fill('rejected'),
    ]);
    expect((await writes)[4]).toEqual(refused(reason));
    expect(await afterwards()).toEqual({ ran: 0, cancelled: 1 });
  });

  test('a writer that fails leaves nothing to a reader who comes later', async () => {
    const ends = open(heldUpAt(0));
    const write = reasonOf(ends.write(0));
    const reason = new Error('the source');
    await ends.abort(reason);
    expect(await write).toBe(reason);
    expect(await reasonOf(ends.read())).toBe(reason);
    expect(executor.stats().submitted).toBe(0);
  });

  test('a reader who leaves ends it, and cancels what has not begun', async () => {
    const ends = open(heldUpAt(1), { window: 3 });
    const writes = writeAll(ends, 6);
    expect(await ends.read()).toMatchObject({ value: 0 });
    await gate.arrivals();
    await ends.leave();
    expect((await writes).map(({ status }) => status)).toEqual([
      ...Array(3).fill('fulfilled'),
      ...Array(3).fill('rejected'),
    ]);
    expect((await writes)[3]).toMatchObject({ reason: { name: 'AbortError' } });
    expect(await afterwards()).toEqual({ ran: 0, cancelled: 1 });
  });

  test('may be left before it was ever read, and while nothing is written', async () => {
    await open(heldUpAt(0)).leave();
    const ends = open(heldUpAt(0));
    const read = settlementOf(ends.read());
    await ends.leave();
    expect(await read).not.toBe('pending');
    expect(await reasonOf(ends.write(0))).toBeInstanceOf(Error);
    expect(executor.stats().submitted).toBe(0);
  });

  test('ends with the executor: what was taken is given, and then the error', async () => {
    const ends = open(heldUpAt(1), { window: 2 });
    const writes = writeAll(ends, 6);
    expect(await ends.read()).toMatchObject({ value: 0 });
    await gate.arrivals();
    const closed = executor.shutdown();
    gate.open();
    expect(await ends.read()).toMatchObject({ value: 1 });
    const reason = await reasonOf(ends.read());
    expect(reason).toMatchObject({ name: 'ExecutorClosedError' });
    expect((await writes).slice(4)).toEqual([refused(reason), refused(reason)]);
    await closed;
  });

  test('ends with the executor while nothing is written, and swallows no item that is written then', async () => {
    const ends = open(heldUpAt(0));
    const read = ends.read();
    await ends.write(0);
    await gate.arrivals();
    const closed = executor.shutdown();
    const late = reasonOf(ends.write('late'));
    gate.open();
    expect(await read).toMatchObject({ value: 0 });
    const reason = await reasonOf(ends.read());
    expect(reason).toMatchObject({ name: 'ExecutorClosedError' });
    expect(await late).toBe(reason);
    await closed;
  });

  test('over another one finishes with a single place', async () => {
    executor = new Executor({ workers: 1, maxPending: 0 });
    const [inner, outer] = [open((item) => work.add(item, 10)), open((item) => work.add(item, 100))];
    void writeAll(inner, 3).then(() => inner.close());
    const pump = async () => {
      for (const value of await valuesOf(inner)) await outer.write(value);
      await outer.close();
    };
    const pumped = pump();
    expect(await valuesOf(outer)).toEqual([110, 111, 112]);
    await pumped;
  });

  test('carries undefined', async () => {
    const ends = open(() => work.echo(undefined));
    void writeAll(ends, 2).then(() => ends.close());
    expect(await valuesOf(ends)).toEqual([undefined, undefined]);
  });

  test.each([{ window: 0 }, { ordered: 'yes' }, { outcomes: 1 }, { any: 1 }])('refuses %o', (options) => {
    const [option, value] = Object.entries(options)[0] as [string, unknown];
    expect(() => open((item) => work.echo(item), options as never)).toThrow(
      expect.objectContaining({ name: 'InvalidOptionError', option, value }),
    );
  });

  test('refuses what is no function, and names itself in messages', () => {
    expect(() => open(5 as never)).toThrow('toTask must be a function, not 5');
    expect(() => open((item) => work.echo(item), { any: 1 } as never)).toThrow(
      `unknown ${kind} option 'any' (known: window, signal, ordered, outcomes)`,
    );
  });
});

function raise(error: Error): never {
  throw error;
}
