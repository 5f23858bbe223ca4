import { tasks } from 'millrace';
import type { Executor } from 'millrace';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { test as plain } from '../support/executor-test.ts';
import { reasonOf } from '../support/settling.ts';

const late = tasks<typeof import('../fixtures/late.mjs')>(new URL('../fixtures/late.mjs', import.meta.url));
const slow = tasks<typeof import('../fixtures/slow-to-load.mjs')>(
  new URL('../fixtures/slow-to-load.mjs', import.meta.url),
);

/** Words that the tasks share with the test: 0 is set when a task waits, 1 when it may go on, 2 and 3 tell what it has seen. */
const test = plain.extend<{ readonly words: Int32Array<SharedArrayBuffer>; readonly executor: Executor }>({
  // eslint-disable-next-line no-empty-pattern
  words: ({}, use) => use(new Int32Array(new SharedArrayBuffer(16))),
  executor: ({ makeExecutor, words }, use) => use(makeExecutor({ workers: 1, workerData: words.buffer })),
});

async function untilItWaits(words: Int32Array): Promise<void> {
  while (Atomics.load(words, 0) === 0) await turn();
}

describe('a task that asks for its cancellation after it was told to stop', () => {
  test.for(['asks', 'asksAfterAChild', 'callsFirst'] as const)(
    'has a signal that is aborted, with the reason: %s',
    async (name, { executor, words }) => {
      const future = await executor.submit(late[name]());
      await untilItWaits(words);
      expect(future.cancel(new Error('why'))).toBe(true);
      const next = executor.run(late.asksNext());
      Atomics.store(words, 1, 1);
      await next;
      await executor.shutdown();
      expect([...words.subarray(2)]).toEqual([1, 1]);
    },
  );
});

describe('a task that is cancelled while its module is loaded', () => {
  test('never begins', async ({ executor, words }) => {
    const future = await executor.submit(slow.begins());
    await untilItWaits(words);
    future.cancel();
    Atomics.store(words, 1, 1);
    await executor.shutdown();
    expect(words[2]).toBe(0);
    expect(future.state).toBe('cancelled');
  });

  test('never begins to yield', async ({ executor, words }) => {
    const iteration = executor.iterate(slow.yields());
    const next = iteration.next();
    await untilItWaits(words);
    iteration.future.cancel();
    Atomics.store(words, 1, 1);
    await reasonOf(next);
    await executor.shutdown();
    expect(words[2]).toBe(0);
  });

  test('and the next one of its module runs', async ({ executor, words }) => {
    const future = await executor.submit(slow.begins());
    await untilItWaits(words);
    future.cancel();
    const next = executor.run(slow.begins());
    Atomics.store(words, 1, 1);
    await next;
    expect(words[2]).toBe(1);
  });
});
