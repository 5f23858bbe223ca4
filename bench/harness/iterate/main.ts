import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../measure.ts';
import { millrace, movedStream, postMessage } from './ways.ts';
import type { Load } from './ways.ts';

/* `npm run bench -- iterate`: items a second of a generator task, beside what one writes by hand; and its memory. */

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, full: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);

const loads: readonly [name: string, load: Load][] = [
  ['100 bytes, 0 µs', { count: 300_000, bytes: 100, us: 0 }],
  ['100 bytes, 1 µs', { count: 200_000, bytes: 100, us: 1 }],
  ['100 bytes, 10 µs', { count: 30_000, bytes: 100, us: 10 }],
  ['64 KiB, 0 µs', { count: 5000, bytes: 65_536, us: 0 }],
  ['64 KiB, 1 µs', { count: 5000, bytes: 65_536, us: 1 }],
  ['64 KiB, 10 µs', { count: 5000, bytes: 65_536, us: 10 }],
];

const ways = [millrace(), postMessage(true), postMessage(false), movedStream()];
console.log(`items a second, median of ${rounds}, Node ${process.version}`);
console.log(['', ...ways.map(({ name }) => name), 'iterate() : credits'].join(' | '));
for (const [name, load] of loads) {
  const rates: number[][] = ways.map(() => []);
  // In turns, so that what else the machine does meets all of them. The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [index, way] of ways.entries()) {
      // A stream makes a message of each item, and an answer to it.
      const count = way.name === 'moved ReadableStream' ? Math.ceil(load.count / 10) : load.count;
      const ms = await way.read({ ...load, count });
      if (round > 0) rates[index]?.push(count / (ms / 1000));
    }
  }
  const medians = rates.map((all) => median(all));
  const [ours = 0, theirs = 1] = medians;
  const shown = medians.map((rate) => Math.round(rate).toLocaleString('en'));
  console.log([name, ...shown, (ours / theirs).toFixed(1)].join(' | '));
}
for (const way of ways) await way.end();

const child = fileURLToPath(new URL('./memory.js', import.meta.url));
for (const count of values.full ? [1_000_000, 10_000_000] : [1_000_000]) {
  const grown = await new Promise((resolve, reject) => {
    const run = fork(child, [String(count)], { execArgv: ['--expose-gc'] });
    run.once('message', resolve);
    run.once('exit', (code) => reject(new Error(`the run ended with ${code}`)));
  });
  const what = `memory, ${count.toLocaleString('en')} items of 100 bytes, the reader 10 times slower`;
  console.log(`${what}: ${JSON.stringify(grown)}`);
}
