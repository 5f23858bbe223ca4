import { Executor, inline, tasks } from 'millrace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kinds } from '../fixtures/kinds.mjs';
import { Gate } from '../support/gate.ts';
import { collect, present, reasonOf } from '../support/settling.ts';

const ways = tasks<typeof import('../fixtures/ways.mjs')>(new URL('../fixtures/ways.mjs', import.meta.url));

let executor: Executor;
beforeAll(() => {
  executor = new Executor({ workers: 1 });
});
afterAll(() => executor.shutdown({ mode: 'kill' }));

describe.each(Object.entries(kinds))('%s', (kind, { make, check }) => {
  test('is itself', () => check(make()));

  test('as an argument', async () => {
    expect(await executor.run(ways.check(kind, make()))).toBe(true);
  });

  test('as an argument of tasks that travel together, of which two share it', async () => {
    for (let left = 20; left > 0; left--) await executor.run(ways.check(kind, make()));
    const shared = make();
    const given = [make(), shared, make(), shared];
    const futures = given.map((value) => present(executor.trySubmit(ways.check(kind, value))));
    expect(await Promise.all(futures.map((future) => future.result()))).toEqual(given.map(() => true));
  });

  test('as an argument beside what moves', async () => {
    const memory = new ArrayBuffer(8);
    const task = ways.checkMoved(kind, make(), memory).with({ transfer: [memory] });
    expect(await executor.run(task)).toBe(8);
  });

  test('as an argument of an inline function', async () => {
    const returned = inline((value: unknown) => [value], make());
    const [value] = await executor.run(returned);
    check(value);
  });

  test('as a result', async () => check(await executor.run(ways.make(kind))));

  test('as a result of tasks that travel together', async () => {
    const futures = Array.from({ length: 6 }, () => present(executor.trySubmit(ways.make(kind))));
    for (const future of futures) check(await future.result());
  });

  test('as a result beside what moves', async () => {
    const { value, memory } = await executor.run(ways.makeMoved(kind, new ArrayBuffer(8)));
    check(value);
    expect(memory.byteLength).toBe(8);
  });

  test('thrown', async () => check(await reasonOf(executor.run(ways.throwIt(kind)))));

  test('on what is thrown', async () => {
    check(((await reasonOf(executor.run(ways.throwOn(kind)))) as { value: unknown }).value);
  });

  test('as the cause of what is thrown', async () => {
    check(((await reasonOf(executor.run(ways.throwAsCause(kind)))) as Error).cause);
  });

  test('among the errors of an AggregateError', async () => {
    check(((await reasonOf(executor.run(ways.throwAmongErrors(kind)))) as AggregateError).errors[0]);
  });

  test('on an error that nobody catches', async () => {
    const { cause } = (await reasonOf(executor.run(ways.throwLater(kind)))) as Error;
    check((cause as { value: unknown }).value);
  });

  test('as a report', async () => {
    const [value] = await collect(present(executor.trySubmit(ways.reportIt(kind))).progress());
    check(value);
  });

  test('as the reason of a cancellation', async () => {
    const gate = new Gate();
    const future = await executor.submit(ways.checkReason(kind, gate.shared));
    await gate.arrivals();
    future.cancel(make());
    await gate.counted(1);
    expect(await future.outcome()).toMatchObject({ status: 'cancelled' });
  });

  test('as workerData', async () => {
    await using own = new Executor({ workers: 1, workerData: make() });
    expect(await own.run(ways.checkData(kind))).toBe(true);
  });

  test.each([
    ['an argument', () => ways.nestedArgument(kind)],
    ['an argument that is passed on', () => ways.passOn(kind, make())],
    ['a result', () => ways.nestedResult(kind)],
    ['the results of a join', () => ways.branches(kind)],
    ['something on an error', () => ways.nestedError(kind)],
    ['the reason of a cancellation', () => ways.nestedReason(kind)],
  ])('between a task and one of its own, as %s', async (_, makeTask) => {
    expect(await executor.run(makeTask())).toBe(true);
  });

  test('between a task and several of its own that travel together', async () => {
    for (let left = 3; left > 0; left--) expect(await executor.run(ways.nestedResults(kind))).toBe(8);
  });
});
