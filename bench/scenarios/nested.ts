import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Executor, tasks } from 'millrace';
import type { Task } from 'millrace';
import { taskUrl } from '../pools/contender.ts';
import { interleaved, median, seconds } from '../harness/measure.ts';
import { printRow } from '../harness/report.ts';
import { row } from '../harness/scenario.ts';

/**
 * Tasks that run tasks, beside code without tasks. `npm run bench:build && node bench/build/scenarios/nested.js [ROW…] [--rounds 15]`
 *
 * The examples (`examples/nested`) beside one thread, what a `join` costs where it ships nothing, and what a level of nesting
 * costs. Every figure is a median of runs, the contenders in turn.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '15' } },
});
const rounds = Number(values.rounds);

type Tree = (levels: number) => number;
interface Work extends Record<'joined' | 'awaited' | 'called' | 'deep' | 'wide' | 'streamed', Tree> {
  empty(): void;
}
type Sizing = (path: string) => { readonly bytes: number };

const example = (file: string) => new URL(`../../../examples/nested/${file}`, import.meta.url);
const work = tasks<Work>(taskUrl('nested-work.mjs'));
const { sort } = tasks<{ sort(numbers: Float64Array): void }>(example('merge-sort.js'));
const sizing = tasks<Record<'sizeAlone' | 'sizeByTasks' | 'sizeByJoin', Sizing>>(
  example('directory-size.js'),
);

const one = new Executor({ workers: 1 });
const two = new Executor({ workers: 2 });
await Promise.all([one.ready(), two.ready()]);

/** One run; resolves with a figure. */
type Contender = readonly [name: string, measure: () => Promise<number>];

/** Seconds per unit, of so many units; the result is checked. */
async function timed<R>(
  run: () => Promise<R>,
  expected: R,
  unitsPerSecond: number,
  units = 1,
): Promise<number> {
  let result: R | undefined;
  const took = await seconds(async () => (result = await run()));
  if (result !== expected) throw new Error(`it came to ${String(result)}, not ${String(expected)}`);
  return (took * unitsPerSecond) / units;
}

const [ms, us, ns] = [1e3, 1e6, 1e9];

const given = Float64Array.from({ length: 4_000_000 }, () => Math.random());
const shared = new Float64Array(new SharedArrayBuffer(given.byteLength));

/** @param executor none: on this thread. */
function sorting(executor?: Executor): () => Promise<number> {
  return () => {
    shared.set(given);
    const numbers = executor === undefined ? given.slice() : shared;
    const run = async () => {
      if (executor === undefined) numbers.sort();
      else await executor.run(sort(numbers));
    };
    return timed(run, undefined, ms).then((took) => {
      if (numbers.some((number, index) => number < (numbers[index - 1] ?? number)))
        throw new Error('not sorted');
      return took;
    });
  };
}

const tree = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const { bytes } = await one.run(sizing.sizeAlone(tree));
const size = (executor: Executor, make: (path: string) => Task<{ bytes: number }>) => () =>
  timed(async () => (await executor.run(make(tree))).bytes, bytes, ms);

const levels = 16;
const joining = (executor: Executor, make: (levels: number) => Task<number>) => () =>
  timed(() => executor.run(make(levels)), 2 ** levels, ns, 2 ** levels - 1);

const counting = (executor: Executor, make: (count: number) => Task<number>, count: number) => () =>
  timed(() => executor.run(make(count)), count, us, count);

/** The same number of calls from outside, each awaited before the next. */
const fromOutside = (executor: Executor, count: number) => () =>
  timed(
    async () => {
      for (let index = 0; index < count; index++) await executor.run(work.empty());
    },
    undefined,
    us,
    count,
  );

const rows: [label: string, unit: string, contenders: readonly Contender[]][] = [
  [
    'merge sort of 4,000,000 numbers',
    'ms',
    [
      ['millrace', sorting(two)],
      ['the same, one worker', sorting(one)],
      ['Float64Array.prototype.sort', sorting()],
    ],
  ],
  [
    'size of node_modules',
    'ms',
    [
      ['millrace', size(two, sizing.sizeByJoin)],
      ['the same, one worker', size(one, sizing.sizeByJoin)],
      ['a task for each directory', size(two, sizing.sizeByTasks)],
      ['without tasks', size(one, sizing.sizeAlone)],
    ],
  ],
  ...[one, two].map((executor): [string, string, readonly Contender[]] => [
    `join of next to nothing, ${executor === one ? 'one worker' : 'two workers'}`,
    'ns',
    [
      ['millrace', joining(executor, work.joined)],
      ['two awaited calls', joining(executor, work.awaited)],
      ['two calls', joining(executor, work.called)],
    ],
  ]),
  ...[1, 10, 100, 1000].map((count): [string, string, readonly Contender[]] => [
    `nested in ${count} ${count === 1 ? 'level' : 'levels'}`,
    'µs a level',
    [
      ['one worker', counting(one, work.deep, count)],
      ['two workers', counting(two, work.deep, count)],
      ['calls from outside, one worker', fromOutside(one, count)],
    ],
  ]),
  [
    '1,000 tasks side by side in a task',
    'µs a task',
    [
      ['run, one worker', counting(one, work.wide, 1000)],
      ['run, two workers', counting(two, work.wide, 1000)],
      ['asCompleted, one worker', counting(one, work.streamed, 1000)],
      ['asCompleted, two workers', counting(two, work.streamed, 1000)],
    ],
  ],
];

for (const [label, unit, contenders] of rows) {
  if (positionals.length > 0 && !positionals.some((part) => label.includes(part))) continue;
  const figures = await interleaved(contenders, rounds, ([, measure]) => measure());
  const medians = [...figures].map(([[name], all]) => [name, median(all)] as const);
  printRow(row(label, unit, false, medians));
}
await Promise.all([one.shutdown(), two.shutdown()]);
