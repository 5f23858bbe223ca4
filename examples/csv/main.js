/*
 * node examples/csv/main.js [MB]
 *
 * Writes a CSV file of so many megabytes (50), and summarizes it twice: in this thread alone, and with one task that yields its rows
 * and another one that reads them. Prints what each took, and the most memory that the process had meanwhile.
 */
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Executor, tasks } from 'millrace';
import { add, rows, summary } from './table.js';

const megabytes = Number(process.argv[2] ?? 50);
if (!(megabytes > 0)) {
  console.error(`The size must be a number of megabytes above 0, not '${process.argv[2]}'.`);
  process.exit(2);
}
const table = tasks(new URL('./table.js', import.meta.url));
const executor = new Executor();
const folder = mkdtempSync(join(tmpdir(), 'millrace-csv-'));
const file = join(folder, 'measurements.csv');

try {
  await write(file, megabytes * 1e6);
  const alone = await measured('one thread', async (all) => {
    for await (const some of rows(file)) add(all, summary(some));
  });
  const threads = await measured('two tasks', async (all) => {
    // However fast the file can be read, no more than two windows of chunks are ahead of the task that takes them.
    const parsed = executor.iterate(table.rows(file), { window: 4 });
    add(all, await executor.run(table.summaryOfAll(parsed)));
  });
  const isEqual = JSON.stringify(alone) === JSON.stringify(threads);
  console.log(`${Object.keys(threads).length} cities, ${isEqual ? 'the same' : 'DIFFERENT'} both ways`);
  if (!isEqual) process.exitCode = 1;
} finally {
  await executor.shutdown({ mode: 'kill' });
  rmSync(folder, { recursive: true });
}

async function measured(name, summarize) {
  const all = {};
  let peak = 0;
  const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
  const start = performance.now();
  await summarize(all);
  clearInterval(sampler);
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  console.log(`${name.padEnd(10)} ${seconds.padStart(7)} s, at most ${(peak / 2 ** 20).toFixed(0)} MiB`);
  return all;
}

/** Whole numbers of tenths, so that their sums do not depend on the order. */
async function write(path, bytes) {
  const cities = ['Lima', 'Oslo', 'Perth', 'Quito', 'Tokyo', '"Washington, DC"'];
  const stream = createWriteStream(path);
  stream.write('city,value\n');
  for (let written = 0, line = 0; written < bytes; ) {
    let block = '';
    for (let left = 1000; left > 0; left--, line++) block += `${cities[line % 6]},${(line * 7919) % 1000}\n`;
    written += block.length;
    if (!stream.write(block)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
}
