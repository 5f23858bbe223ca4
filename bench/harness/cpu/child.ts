import { pathToFileURL } from 'node:url';
import type { Task } from 'millrace';
import { taskUrl } from '../../pools/contender.ts';
import { closedLoop } from '../measure.ts';
import { combined } from './cost.ts';
import type { Cost, Turn } from './cost.ts';
import { ThreadClock } from './thread-clock.ts';

/**
 * `fork('child.js', [INDEX, THREADS])` imports the built package INDEX, and answers each `Turn` with its cost. It ends when
 * its parent disconnects.
 */
const [, , index = '', threads] = process.argv;

interface Work {
  empty(): void;
  compute(steps: number): number;
}

const { Executor, tasks } = (await import(pathToFileURL(index).href)) as typeof import('millrace');
const work = tasks<Work>(taskUrl('cpu-work.mjs'));
const clock = await ThreadClock.start();
const executor = new Executor({ workers: Number(threads) });
await executor.ready();

const makers: Readonly<Record<Turn['row'], () => Task<unknown>>> = {
  empty: () => work.empty(),
  // About 10 µs on the machines of today.
  compute: () => work.compute(4000),
};
const outstanding = 512;

/** Nanoseconds a task. */
async function cost({ row, count }: Turn): Promise<Cost> {
  const make = makers[row];
  const before = clock.read();
  await closedLoop(outstanding, count, () => executor.run(make()));
  const after = clock.read();
  return combined(after, before, (a, b) => (a - b) / count);
}

process.on('message', (turn: Turn) => {
  void cost(turn).then((figures) => process.send?.(figures));
});
process.once('disconnect', () => {
  void executor.shutdown();
});
