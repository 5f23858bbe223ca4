import { Executor } from 'millrace';
import type { ExecutorOptions } from 'millrace';
import type { Worker } from 'node:worker_threads';
import { expect, test as plain } from 'vitest';
import { Gate } from './gate.ts';

export type MakeExecutor = (options?: ExecutorOptions) => Executor;

interface ExecutorFixtures {
  /** Which executors `makeExecutor` makes; replaced by `test.extend` where they are of another kind. */
  readonly newExecutor: MakeExecutor;
  /** Opened before executors end. */
  readonly gate: Gate;
  /** Makes an executor that ends with the test, and must leave nothing behind. */
  readonly makeExecutor: MakeExecutor;
  /** One of two workers. */
  readonly executor: Executor;
}

/** A test with executors of its own. When it is over all of them are killed: their books must be even, and their threads gone. */
export const test = plain.extend<ExecutorFixtures>({
  // eslint-disable-next-line no-empty-pattern
  newExecutor: ({}, use) => use((options) => new Executor(options)),

  // eslint-disable-next-line no-empty-pattern
  gate: async ({}, use) => {
    const gate = new Gate();
    await use(gate);
    gate.open();
  },

  makeExecutor: async ({ gate, newExecutor }, use) => {
    const executors: Executor[] = [];
    const threads: Worker[] = [];
    const started = (thread: Worker) => void threads.push(thread);
    process.on('worker', started);
    await use((options) => {
      const executor = newExecutor(options);
      executors.push(executor);
      return executor;
    });
    gate.open();
    await Promise.all(executors.map((executor) => executor.shutdown({ mode: 'kill' })));
    process.off('worker', started);
    for (const executor of executors) expectEven(executor);
    expect(threads.filter(({ threadId }) => threadId !== -1).length, 'threads that still run').toBe(0);
  },

  executor: ({ makeExecutor }, use) => use(makeExecutor({ workers: 2 })),
});

/** Such a test, with an `executor` of these options. */
export const testWith = (options: ExecutorOptions) =>
  test.extend<Pick<ExecutorFixtures, 'executor'>>({
    executor: ({ makeExecutor }, use) => use(makeExecutor(options)),
  });

/** Every task has ended in one way, and holds nothing. */
function expectEven(executor: Executor): void {
  const stats = executor.stats();
  const { submitted, fulfilled, rejected, cancelled, refused } = stats;
  expect(stats).toMatchObject({ running: 0, pending: 0, pendingBytes: 0, waiting: 0, suspended: 0 });
  expect(fulfilled + rejected + cancelled + refused, 'each submission has ended once').toBe(submitted);
}
