import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Cost } from '../cpu/cost.ts';
import { medianInterval } from '../cpu/median-interval.ts';
import { watches } from './watch.ts';
import type { Watch, WatchTurn } from './watch.ts';

const usage = `npm run bench -- inspector [--rounds 15] [--threads N] [--quick]
  What looking on costs: the CPU time of a task while nobody looks (off), while one viewer looks at the page, the same from the
  inspector's own thread, and while a trace is written; each as a ratio to off, with its 95 % interval. Each has a process of its
  own, and they take turns. Also the bytes of the page and of a frame.`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    threads: { type: 'string', default: String(availableParallelism()) },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const rounds = values.quick ? 6 : Number(values.rounds);

const children: readonly (readonly [Watch, ChildProcess])[] = watches.map((watch) => [
  watch,
  fork(new URL('./child.js', import.meta.url), [watch, values.threads]),
]);

async function run(child: ChildProcess, turn: WatchTurn): Promise<Cost> {
  const answer = once(child, 'message');
  child.send(turn);
  return ((await answer) as [Cost])[0];
}

const rows = [
  ['empty', 'empty tasks', values.quick ? 50_000 : 400_000],
  ['compute', 'tasks of 4,000 steps (some 10 µs)', values.quick ? 5000 : 60_000],
] as const;

for (const [row, title, count] of rows) {
  for (const [, child] of children) await run(child, { row, count: 2 * count });
  const costs = new Map<Watch, Cost[]>(watches.map((watch) => [watch, []]));
  for (let round = 0; round < rounds; round++) {
    const inTurn = round % 2 === 0 ? children : children.toReversed();
    for (const [watch, child] of inTurn) costs.get(watch)?.push(await run(child, { row, count }));
  }
  console.log(`\n${title}: CPU nanoseconds a task, and the ratio to off`);
  const off = costs.get('off') ?? [];
  for (const watch of watches) {
    const own = costs.get(watch) ?? [];
    for (const [label, pick] of [
      ['main thread', ({ main }: Cost) => main],
      ['all threads', ({ main, workers, other }: Cost) => main + workers + other],
    ] as const) {
      const median = medianInterval(own.map(pick)).median.toFixed(0);
      const ratio = medianInterval(own.map((cost, index) => pick(cost) / pick(off[index] as Cost)));
      const interval = `${ratio.median.toFixed(3)} × (${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)})`;
      console.log(
        `  ${watch.padEnd(12)} ${label}  ${median.padStart(6)}   ${watch === 'off' ? '' : interval}`,
      );
    }
  }
}

const sizes = once(children[1]?.[1] as ChildProcess, 'message');
children[1]?.[1].send('sizes');
const [{ page, frame, watching }] = (await sizes) as [{ page: number; frame: number; watching: number }];
console.log(`\nthe page: ${page} bytes, compressed; a frame of ${values.threads} threads: ${frame} bytes`);
console.log(`watching costs the main thread ${(watching * 100).toFixed(2)} %, as the page says it`);
for (const [, child] of children) child.disconnect();
