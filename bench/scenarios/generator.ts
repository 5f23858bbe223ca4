import { Executor, tasks } from '../../dist/index.js';
import { row } from '../scenario.ts';
import type { Row, Scenario } from '../scenario.ts';

/** Empty tasks from a generator, read one by one. Only Millrace has such a loop; memory growth is the point. */
export const generator: Scenario = async ({ threads, full }) => {
  const work = tasks<{ empty(): void }>(new URL('../tasks/work.mjs', import.meta.url));
  await using executor = new Executor({ workers: threads });
  const rows: Row[] = [];
  await count(executor, work.empty, 100_000);
  for (const total of full ? [1_000_000, 10_000_000] : [1_000_000]) {
    const before = process.memoryUsage.rss();
    let peak = before;
    const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
    const start = performance.now();
    const read = await count(executor, work.empty, total);
    const rate = (read / (performance.now() - start)) * 1000;
    clearInterval(sampler);
    const label = `${total / 1_000_000} million from a generator`;
    rows.push(row(label, 'tasks/s', true, [['millrace', rate]]));
    rows.push(row(`${label}: memory growth`, 'MiB', false, [['millrace', (peak - before) / 2 ** 20]]));
  }
  return rows;
};

async function count(
  executor: Executor,
  make: () => ReturnType<typeof Object>,
  total: number,
): Promise<number> {
  function* source() {
    for (let i = 0; i < total; i++) yield make();
  }
  let read = 0;
  for await (const future of executor.asCompleted(source() as never))
    if (future.state === 'fulfilled') read++;
  if (read !== total) throw new Error(`${read} of ${total} tasks were fulfilled`);
  return read;
}
