import { Executor, tasks } from '../../../dist/index.js';

/** `node generator-run.mjs TASKS THREADS`: so many empty tasks from a generator, and what that did to memory. */
const [total, workers] = process.argv.slice(2).map(Number);
const work = tasks(new URL('./work.mjs', import.meta.url));
const executor = new Executor({ workers });
await executor.ready();

async function read(count) {
  function* source() {
    for (let i = 0; i < count; i++) yield work.empty();
  }
  let fulfilled = 0;
  for await (const future of executor.asCompleted(source())) if (future.state === 'fulfilled') fulfilled++;
  if (fulfilled !== count) throw new Error(`${fulfilled} of ${count} tasks were fulfilled`);
}

// From here on: the threads are up, not one task has run, nothing is warm.
const before = process.memoryUsage();
const peak = { ...before };
const sampler = setInterval(() => {
  const now = process.memoryUsage();
  for (const key of ['rss', 'heapUsed']) peak[key] = Math.max(peak[key], now[key]);
}, 10);
const start = performance.now();
await read(total);
const rate = (total / (performance.now() - start)) * 1000;
clearInterval(sampler);
const grown = (key) => (peak[key] - before[key]) / 2 ** 20;
process.send?.({ rate, rssMiB: grown('rss'), heapMiB: grown('heapUsed') });
if (process.send === undefined) console.log({ rate, rss: grown('rss'), heap: grown('heapUsed') });
await executor.shutdown();
process.disconnect?.();
