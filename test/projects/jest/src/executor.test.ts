import { join } from 'node:path';
import { asCompleted, Executor, InvalidTaskError, tasks } from 'millrace';
import type { Future } from 'millrace';
import { Semaphore } from 'millrace/flow';
import { OverloadGate, toHttpError } from 'millrace/http';
import { hashing } from 'millrace/tasks';

interface Work {
  double(n: number): number;
  fail(): never;
}

const work = tasks<Work>(join(__dirname, 'work.js'));
let executor: Executor;
beforeAll(() => {
  executor = new Executor({ workers: 1 });
});
afterAll(() => executor.shutdown());

test('tasks run', async () => {
  const future: Future<number> = await executor.submit(work.double(21));
  expect(await future.result()).toBe(42);
  for await (const done of asCompleted([future])) expect(done.state).toBe('fulfilled');
  expect(await executor.run(hashing.hashBytes('abc'))).toMatch(/^ba7816bf/);
});

test('errors are those of the realm of the test', async () => {
  await expect(executor.run(work.fail())).rejects.toThrow(RangeError);
  await expect(executor.submit({} as never)).rejects.toBeInstanceOf(InvalidTaskError);
});

test('a gate takes the executor, and answers for one that is closed', async () => {
  const gate = new OverloadGate(executor);
  expect(await gate.admit('normal', 5000, work.double(2), {}).result()).toBe(4);
  const closed = new Executor({ workers: 1 });
  await closed.shutdown();
  const error: unknown = await closed.run(work.double(1)).catch((reason: unknown) => reason);
  expect(toHttpError(error)?.statusCode).toBe(503);
});

test('an executor after the modules were reset knows tasks from before', async () => {
  jest.resetModules();
  const again: typeof import('millrace') = require('millrace');
  expect(again.Executor).not.toBe(Executor);
  const own = new again.Executor({ workers: 1 });
  expect(await own.run(work.double(4))).toBe(8);
  await own.shutdown();
});

test('limits need no threads', async () => {
  expect(await new Semaphore(1).use(() => 1)).toBe(1);
});
