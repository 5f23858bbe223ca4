import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../measure.ts';
import type { Start, Way } from './child.ts';

const usage = `npm run bench -- start [--against DIR] [--rounds 5] [--workers 1,2,16,64]
  What an executor costs before there is work, and what its first work waits for: memory and CPU time of an idle one; milliseconds
  from its constructor to the first result, and to the last one of as many tasks as it has workers, each of which waits for 100 ms.
  A new process for each figure; medians. --against DIR: another built checkout, in turn with this one.`;

const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    workers: { type: 'string', default: '1,2,16,64' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

const here = fileURLToPath(new URL('../../../../', import.meta.url));
const checkouts = values.against === undefined ? [here] : [here, resolve(values.against)];
const ways: readonly Way[] = ['idle', 'first', 'burst'];

async function start(checkout: string, workers: number, way: Way): Promise<Start> {
  const index = resolve(checkout, 'dist/index.js');
  const child = fork(new URL('./child.js', import.meta.url), [index, String(workers), way]);
  const [answer] = (await once(child, 'message')) as [Start];
  if (child.exitCode === null) await once(child, 'exit');
  return answer;
}

const rows: Record<string, string>[] = [];
for (const workers of values.workers.split(',').map(Number)) {
  const measured = checkouts.map(() => new Map<Way, Start[]>(ways.map((way) => [way, []])));
  for (let round = Number(values.rounds); round > 0; round--) {
    for (const way of ways)
      for (const [index, checkout] of checkouts.entries())
        measured[index]?.get(way)?.push(await start(checkout, workers, way));
  }
  const of = (way: Way, figure: keyof Start) =>
    measured
      .map((starts) => median((starts.get(way) ?? []).map((each) => each[figure])).toFixed(1))
      .join(' / ');
  rows.push({
    workers: String(workers),
    'idle, MiB': of('idle', 'memoryMiB'),
    'idle, CPU ms': of('idle', 'cpuMs'),
    'first result, ms': of('first', 'tookMs'),
    'burst, ms': of('burst', 'tookMs'),
  });
}
console.table(rows);
