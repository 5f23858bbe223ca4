import { tasks } from 'millrace';
import type { Executor } from 'millrace';
import { describe, expect } from 'vitest';
import { kinds } from '../fixtures/contexts.mjs';
import { test as plain } from '../support/executor-test.ts';
import { work } from '../support/work.ts';

const contexts = tasks<typeof import('../fixtures/contexts.mjs')>(
  new URL('../fixtures/contexts.mjs', import.meta.url),
);
const nothing = [undefined, undefined, undefined];

const test = plain.extend<{ executor: Executor }>({
  executor: async ({ makeExecutor }, use) => {
    const executor = makeExecutor({ workers: 1, maxPending: 200 });
    // From now on these travel together.
    for (let left = 5; left > 0; left--) await executor.run(contexts.look());
    await use(executor);
  },
});

describe('a task sees nothing of what another one has entered', () => {
  test.for(kinds)('%s', async (way, { executor, gate }) => {
    const first = executor.run(work.pass(gate.shared));
    const culprit = await executor.submit(contexts.enters(way));
    const looks = Array.from({ length: 10 }, (_, index) =>
      executor.run(index % 2 === 0 ? contexts.look() : contexts.lookLater()),
    );
    gate.open();
    await first;
    await culprit.outcome();
    for (const seen of await Promise.all(looks)) expect(seen[0]).toBeUndefined();
    expect(await executor.run(contexts.look())).toEqual(nothing);
    expect((await executor.run(contexts.lookLater()))[0]).toBeUndefined();
  });
});

test('nor of what its module has entered while it was loaded and set up', async ({ executor }) => {
  expect(await executor.run(contexts.look())).toEqual(nothing);
});

test('nor of what a listener has entered that was told of a cancellation', async ({ executor, gate }) => {
  const future = await executor.submit(contexts.listens(gate.shared));
  await gate.arrivals();
  future.cancel();
  expect(await executor.run(contexts.look())).toEqual(nothing);
  expect((await executor.run(contexts.lookLater()))[0]).toBeUndefined();
});

test('each task has a resource of its own', async ({ executor }) => {
  const ids = await Promise.all(Array.from({ length: 20 }, () => executor.run(contexts.asyncId())));
  expect(new Set(ids).size).toBe(20);
});

test('a task keeps what it has entered, whatever runs meanwhile', async ({ executor }) => {
  const kept = await Promise.all(['a', 'b', 'c'].map((who) => executor.run(contexts.keeps(who))));
  expect(kept).toEqual(['a', 'b', 'c']);
});

test('nested tasks see nothing of their parent, nor it of them or of branches', async ({ executor }) => {
  expect(await executor.run(contexts.family())).toEqual({ nested: undefined, parent: 'parent' });
});
