import { Executor } from 'millrace';
import type { Task } from 'millrace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reasonOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

// The second call of a function travels without its name, and so as a flat array if its arguments are primitive.
let executor: Executor;
beforeAll(async () => {
  executor = new Executor({ workers: 1 });
  for (const task of [work.echo(0), work.later(0), work.add(0, 0), work.buffer('')]) await executor.run(task);
});
afterAll(() => executor.shutdown());

describe('a call that is made alone', () => {
  test.each([1, -0, NaN, 'text', '', 10n ** 40n, true, false, null, undefined])(
    'takes and returns %o as it is',
    async (value) => {
      expect(await executor.run(work.echo(value))).toBe(value);
      expect(await executor.run(work.later(value))).toBe(value);
    },
  );

  test('takes any number of arguments', async () => {
    const echo = work.echo as (...values: unknown[]) => Task<unknown>;
    expect(await executor.run(echo(1, 'b', 3n, null, undefined))).toEqual([1, 'b', 3n, null, undefined]);
    expect(await executor.run(work.add(2, 3))).toBe(5);
  });

  test('returns an object, a Buffer, an error', async () => {
    expect(await executor.run(work.nestedBuffer('b'))).toEqual({ list: [Buffer.from('b')], text: 'b' });
    expect(Buffer.isBuffer(await executor.run(work.buffer('b')))).toBe(true);
    for (const _ of [1, 2]) {
      expect(await executor.run(work.errorWithBuffer())).toMatchObject({
        message: 'returned',
        body: Buffer.from('abc'),
      });
    }
  });

  test('fails as any other', async () => {
    for (const _ of [1, 2]) {
      expect(await reasonOf(executor.run(work.throwNamed('Named', 'E_CODE')))).toMatchObject({
        name: 'Named',
        code: 'E_CODE',
      });
      expect(await reasonOf(executor.run(work.reject('why')))).toBe('why');
      expect(await reasonOf(executor.run(work.throwUndefined()))).toBe(undefined);
      expect(await reasonOf(executor.run(work.uncloneableResult()))).toMatchObject({
        name: 'DataCloneError',
      });
    }
  });

  test('takes its turn behind one that is asynchronous', async () => {
    const results = await Promise.all(
      [work.later('a'), work.echo('b'), work.later('c')].map((task) => executor.run(task)),
    );
    expect(results).toEqual(['a', 'b', 'c']);
  });

  test('that ends its thread fails alone, and the next one runs elsewhere', async () => {
    const exiting = new Executor({ workers: 1 });
    await exiting.run(work.echo(1));
    for (const code of [1, 2]) {
      expect(await reasonOf(exiting.run(work.exit(code)))).toMatchObject({
        code: 'ERR_MILLRACE_WORKER_CRASHED',
      });
      expect(await exiting.run(work.echo(code))).toBe(code);
    }
    await exiting.shutdown();
  });

  test('has its times in order', async () => {
    for (let i = 0; i < 100; i++) {
      const future = await executor.submit(work.echo(i));
      await future.result();
      const { submittedAt, startedAt = NaN, endedAt = NaN } = future.timing;
      expect(startedAt).toBeLessThanOrEqual(endedAt);
      expect(submittedAt).toBeLessThanOrEqual(endedAt);
    }
  });
});
