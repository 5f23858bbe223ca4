import { Executor, tasks } from 'millrace';
import { expect, test } from 'vitest';
import { work } from '../support/work.ts';

const hosted = tasks<typeof import('../fixtures/hosted.mjs')>(
  new URL('../fixtures/hosted.mjs', import.meta.url),
);
const MiB = 2 ** 20;

test('a thread runs at most maxTasksPerWorker tasks', async () => {
  await using executor = new Executor({ workers: 1, maxTasksPerWorker: 3 });
  const threads = new Map<number, number>();
  for (let left = 10; left > 0; left--) {
    const thread = await executor.run(work.thread());
    threads.set(thread, (threads.get(thread) ?? 0) + 1);
  }
  expect([...threads.values()]).toEqual([3, 3, 3, 1]);
});

test('a thread that holds more than maxBytesPerWorker is replaced, with nothing lost', async () => {
  await using executor = new Executor({ workers: 1, maxBytesPerWorker: 300 * MiB });
  const first = await executor.run(hosted.thread());
  await executor.run(hosted.hold(200 * MiB));
  expect(await executor.run(hosted.thread())).toBe(first);
  await executor.run(hosted.hold(200 * MiB));
  const results = await Promise.all(Array.from({ length: 50 }, (_, n) => executor.run(work.echo(n))));
  expect(results).toEqual(Array.from({ length: 50 }, (_, n) => n));
  expect(await executor.run(hosted.thread())).not.toBe(first);
});

test('nobody is replaced while there is memory enough', async () => {
  await using executor = new Executor({ workers: 1, maxBytesPerWorker: 2000 * MiB });
  const first = await executor.run(hosted.thread());
  for (let left = 20; left > 0; left--) await executor.run(work.echo(left));
  expect(await executor.run(hosted.thread())).toBe(first);
});
