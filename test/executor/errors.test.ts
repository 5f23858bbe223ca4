import { Executor } from 'millrace';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reasonOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

let executor: Executor;
beforeAll(() => {
  executor = new Executor({ workers: 1 });
});
afterAll(() => executor.shutdown({ mode: 'kill' }));

const thrownBy = (task: Parameters<Executor['run']>[0]) => reasonOf(executor.run(task));

test('an error keeps its name, message, code, cause, own properties and nearest built-in class', async () => {
  const error = await thrownBy(work.throwCustom());
  expect(error).toBeInstanceOf(RangeError);
  expect(error).toMatchObject({
    name: 'PaymentError',
    message: 'no funds',
    code: 'E_PAYMENT',
    details: { amount: 3 },
    cause: { name: 'TypeError', message: 'inner' },
  });
  expect((error as Error).cause).toBeInstanceOf(TypeError);
});

test("an error's stack is the worker's", async () => {
  const { stack } = (await thrownBy(work.throwCustom())) as Error;
  expect(stack).toContain('throwCustom');
  expect(stack).toContain('work.mjs');
});

test('an AggregateError keeps its errors', async () => {
  const error = (await thrownBy(work.throwAggregate())) as AggregateError;
  expect(error).toBeInstanceOf(AggregateError);
  expect(error.errors.map((each: Error) => [each.constructor, each.message])).toEqual([
    [TypeError, 'one'],
    [RangeError, 'two'],
  ]);
});

test('a DOMException keeps its name and code', async () => {
  const error = await thrownBy(work.throwDomException());
  expect(error).toBeInstanceOf(DOMException);
  expect(error).toMatchObject({ name: 'AbortError', message: 'stop', code: 20 });
});

test.each([undefined, null, 0, '', false, Number.NaN, 7n, 'text', { plain: 1 }, [1]])(
  'whatever is thrown arrives as it is: %o',
  async (value) => {
    let reached = false;
    const future = await executor.submit(work.reject(value));
    await future.result().catch((error: unknown) => {
      reached = true;
      expect(error).toEqual(value);
    });
    expect(reached).toBe(true);
    expect(await future.outcome()).toMatchObject({ status: 'rejected' });
  },
);

test('throw undefined rejects', async () => {
  const future = await executor.submit(work.throwUndefined());
  expect(await future.outcome()).toEqual({ status: 'rejected', reason: undefined, future });
});

test('what cannot even be looked at rejects, and does not end the thread', async () => {
  const thread = await executor.run(work.thread());
  expect(await thrownBy(work.throwRevokedProxy())).toEqual(expect.any(String));
  expect(await executor.run(work.thread())).toBe(thread);
});
