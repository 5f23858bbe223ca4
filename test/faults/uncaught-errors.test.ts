import { Executor, tasks, WorkerCrashedError } from 'millrace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kinds } from '../fixtures/uncaught.mjs';
import { reasonOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

const uncaught = tasks<typeof import('../fixtures/uncaught.mjs')>(
  new URL('../fixtures/uncaught.mjs', import.meta.url),
);

let executor: Executor;
beforeAll(() => {
  executor = new Executor({ workers: 1 });
});
afterAll(() => executor.shutdown({ mode: 'kill' }));

describe('an error that nobody catches ends its thread and nothing else, and is told, with', () => {
  test.each(kinds)('%s', async (kind) => {
    for (const task of [uncaught.throws(kind), uncaught.rejects(kind)]) {
      const reason = (await reasonOf(executor.run(task))) as WorkerCrashedError;
      expect(reason).toBeInstanceOf(WorkerCrashedError);
      expect(reason.cause).toBeInstanceOf(RangeError);
      expect(reason.cause).toMatchObject({ message: 'boom' });
    }
    expect(await executor.run(work.echo('goes on'))).toBe('goes on');
  });
});

test('one that is frozen, and its own cause, ends its thread all the same', async () => {
  expect(await reasonOf(executor.run(uncaught.frozen()))).toBeInstanceOf(WorkerCrashedError);
  expect(await executor.run(work.echo('goes on'))).toBe('goes on');
});
