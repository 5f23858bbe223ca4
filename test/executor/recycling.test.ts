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

test.each([1, 2])(
  'a batch of tasks that each keep memory goes no further in a thread than one task beyond it (%i workers)',
  async (workers) => {
    await using executor = new Executor({ workers, maxBytesPerWorker: 100 * MiB });
    // So that the function is known to be quick, and a batch is made of all that fits.
    await Promise.all(Array.from({ length: 200 }, () => executor.run(work.echo(1))));
    for (let left = 4; left > 0; left--) await executor.run(hosted.holdAndCount(0));
    const held = await Promise.all(
      Array.from({ length: 14 }, () => executor.run(hosted.holdAndCount(20 * MiB))),
    );
    // 4 × 20 MiB and the heap are within it; with the fifth, or the sixth, it is full. The first threads hold four of nothing.
    expect(Math.max(...held)).toBeLessThanOrEqual(4 + 6);
    expect(held).toHaveLength(14);
    expect(executor.stats()).toMatchObject({ pending: 0, running: 0, rejected: 0 });
  },
);

test('nobody is replaced while there is memory enough', async () => {
  await using executor = new Executor({ workers: 1, maxBytesPerWorker: 2000 * MiB });
  const first = await executor.run(hosted.thread());
  for (let left = 20; left > 0; left--) await executor.run(work.echo(left));
  expect(await executor.run(hosted.thread())).toBe(first);
});
