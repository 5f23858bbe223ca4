import { tasks } from 'millrace';
import type { Executor, ExecutorOptions } from 'millrace';
import { expect } from 'vitest';
import { test } from '../../../support/executor-test.ts';

const nested = tasks<typeof import('../../../fixtures/nested.mjs')>(
  new URL('../../../fixtures/nested.mjs', import.meta.url),
);

function expectEmpty(executor: Executor): void {
  expect(executor.stats()).toMatchObject({ running: 0, pending: 0, suspended: 0, pendingBytes: 0, busy: 0 });
}

test.for<[string, ExecutorOptions]>([
  ['it has run as many as it may', { workers: 1, maxTasksPerWorker: 1 }],
  ['it holds as much as it may', { workers: 1, maxBytesPerWorker: 1 }],
  ['two of them', { workers: 2, maxTasksPerWorker: 3 }],
])(
  'a thread that is to be replaced still runs what the tasks that wait in it need: %s',
  async ([, options], { makeExecutor }) => {
    const executor = makeExecutor(options);
    const before = await executor.run(nested.thread());
    expect(await executor.run(nested.deep(20))).toBe(20);
    expect((await executor.run(nested.streams([1, 2, 3, 4, 5], 2))).read).toHaveLength(5);
    expect(await executor.run(nested.thread())).not.toBe(before);
    expectEmpty(executor);
  },
);

test('also when a stranger is to have it first', async ({ gate, makeExecutor }) => {
  const executor = makeExecutor({ workers: 1, maxTasksPerWorker: 1 });
  const parent = executor.run(nested.childBehindStranger(gate.shared));
  await gate.arrivals();
  const stranger = executor.run(nested.echo('stranger'), { priority: 5 });
  gate.open();
  expect(await Promise.all([parent, stranger])).toEqual(['child', 'stranger']);
  expectEmpty(executor);
});

test('tasks that wait hold no bytes that their own tasks wait for', async ({ makeExecutor }) => {
  const executor = makeExecutor({ workers: 1, maxPendingBytes: 100_000 });
  const bytes = new Uint8Array(1000);
  // Its run time is known from here on, so that several travel together.
  await executor.run(nested.passesOn(bytes, 20));
  const all = Array.from({ length: 5 }, () => executor.run(nested.passesOn(bytes, 200)));
  expect(await Promise.all(all)).toEqual(all.map(() => 1000));
  expectEmpty(executor);
});
