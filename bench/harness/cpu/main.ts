import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Cost, CpuRow } from './cost.ts';
import { medianInterval } from './median-interval.ts';
import { measure } from './pair.ts';
import type { CpuRows } from './pair.ts';

const usage = `npm run bench -- cpu [--against DIR] [--pairs 15] [--threads N] [--quick]
  CPU time a task, 512 outstanding: of the main thread, of the workers, and of the process's other threads (V8's helpers). It is
  what each thread spends on a core (/proc/self/task/TID/schedstat), which a busy machine changes little.
  --against DIR: another built checkout. The processes of a pair take turns; printed are the medians of both, and the median of
    the pairs' ratios (this / DIR) with its 95 % interval.
  --pairs: at least 6; without --against, the number of processes. Processes of the same code differ by some 5 %: 15 pairs tell
    apart what differs by 4 %, 60 pairs what differs by 2 %.
  --quick: few turns, to see that all works.`;

const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    pairs: { type: 'string', default: '15' },
    threads: { type: 'string', default: String(availableParallelism()) },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) fail(usage, 0);
const pairs = atLeast('pairs', values.pairs, 6);
const threads = atLeast('threads', values.threads, 1);
if (!existsSync('/proc/self/schedstat')) fail('cpu needs /proc/self/schedstat: Linux with CONFIG_SCHED_INFO');

const here = built(fileURLToPath(new URL('../../../../', import.meta.url)));
const there = values.against === undefined ? undefined : built(values.against);

const turns = values.quick ? 2 : 20;
const measured: CpuRows[][] = [];
for (let pair = 0; pair < pairs; pair++) {
  const indexes = there === undefined ? [here] : [here, there];
  // Which one starts first changes too.
  measured.push(
    pair % 2 === 0
      ? await measure(indexes, threads, turns)
      : (await measure(indexes.toReversed(), threads, turns)).toReversed(),
  );
}

const rows: readonly (readonly [CpuRow, string])[] = [
  ['empty', 'empty tasks'],
  ['compute', 'tasks of 4,000 steps (some 10 µs)'],
];
const threadsOf: readonly (readonly [string, (cost: Cost) => number])[] = [
  ['main thread', ({ main }) => main],
  ['workers', ({ workers }) => workers],
  ['other threads', ({ other }) => other],
  ['all threads', ({ main, workers, other }) => main + workers + other],
];
console.log(`CPU nanoseconds a task, ${threads} workers: medians of ${pairs} and their 95 % intervals`);
for (const [row, title] of rows) {
  console.log(`\n${title}`);
  for (const [label, pick] of threadsOf) {
    const figures = measured.map((packages) => packages.map((costs) => pick(costs[row])));
    console.log(`  ${label.padEnd(14)} ${line(figures)}`);
  }
}

function digits(value: number): string {
  return value.toFixed(0).padStart(6);
}

function line(figures: readonly (readonly number[])[]): string {
  const mine = medianInterval(figures.map(([own = NaN]) => own));
  if (there === undefined) return `${digits(mine.median)}  (${digits(mine.low)} to${digits(mine.high)})`;
  const other = medianInterval(figures.map(([, theirs = NaN]) => theirs));
  const ratio = medianInterval(figures.map(([own = NaN, theirs = NaN]) => own / theirs));
  const interval = `${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)}`;
  return `${digits(mine.median)} /${digits(other.median)}   ${ratio.median.toFixed(3)} ×  (${interval})`;
}

/** The package's entry point in a checkout. */
function built(checkout: string): string {
  const index = resolve(checkout, 'dist/index.js');
  if (!existsSync(index))
    fail(`${checkout} holds no built Millrace: ${index} is missing ('npm ci && npm run build' makes it)`);
  return index;
}

function atLeast(option: string, given: string, least: number): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < least)
    fail(`--${option} must be an integer of at least ${least}, not '${given}'\n${usage}`);
  return value;
}

function fail(message: string, exitCode = 2): never {
  console.error(message);
  process.exit(exitCode);
}
