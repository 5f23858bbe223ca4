import { tasks } from 'millrace';
import { report } from 'millrace/worker';
import { expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import { collect, reasonOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });

const hosted = tasks<typeof import('../fixtures/hosted.mjs')>(
  new URL('../fixtures/hosted.mjs', import.meta.url),
);

test('what a running task reports can be read while it runs, and ends with it', async ({
  executor,
  gate,
}) => {
  const future = await executor.submit(hosted.reportAndPass(gate.shared));
  const progress = future.progress<number>();
  expect(await progress.next()).toEqual({ done: false, value: 1 });
  expect(future.state).toBe('running');
  gate.open();
  expect(await progress.next()).toEqual({ done: false, value: 2 });
  expect(await progress.next()).toEqual({ done: true, value: undefined });
  expect(await future.result()).toBeUndefined();
});

test('a slow reader misses reports, but never the latest', async ({ executor }) => {
  const values = Array.from({ length: 10_000 }, (_, index) => index);
  const future = await executor.submit(hosted.reportAll(values));
  expect(await future.result()).toBe('reported');
  expect(await collect(future.progress())).toEqual([9999]);
});

test('reports are read in order, none twice, the last one last', async ({ executor }) => {
  const future = await executor.submit(hosted.reportAcrossTurns(50));
  const seen = await collect(future.progress<number>());
  expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
  expect(seen.at(-1)).toBe(50.5);
});

test('readers do not touch one another, and leaving touches nothing', async ({ executor, gate }) => {
  const future = await executor.submit(hosted.reportAndPass(gate.shared));
  for await (const value of future.progress()) {
    expect(value).toBe(1);
    break;
  }
  const second = future.progress();
  expect((await second.next()).value).toBe(1);
  const waiting = second.next();
  await second.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  gate.open();
  await future.result();
});

test('a task without reports yields none', async ({ executor }) => {
  const future = await executor.submit(work.echo(1));
  expect(await collect(future.progress())).toEqual([]);
});

test('a report that can’t be cloned is the task’s own error, with its path, and the next one gets through', async ({
  executor,
}) => {
  const reason = await reasonOf(executor.run(hosted.reportUncloneable()));
  expect(reason).toMatchObject({ name: 'DataCloneError' });
  expect((reason as Error).message).toContain('report.deep[0]');
  const future = await executor.submit(hosted.reportAll(['fine']));
  expect(await collect(future.progress())).toEqual(['fine']);
});

test('outside of an executor a report is no error', () => {
  expect(() => report(1)).not.toThrow();
});
