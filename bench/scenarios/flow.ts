import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Sema } from 'async-sema';
import pLimit from 'p-limit';
import pMap, { pMapIterable } from 'p-map';
import PQueue from 'p-queue';
import { buffered, bufferUnordered, Semaphore } from 'millrace/flow';
import { closedLoop, interleaved, median, seconds } from '../harness/measure.ts';
import { printRow } from '../harness/report.ts';
import { row } from '../harness/scenario.ts';

/**
 * `millrace/flow` beside the limiters that others use. `npm run bench:build && node bench/build/scenarios/flow.js [ROW…] [--rounds 15]`
 *
 * The work is next to nothing, so that what is measured is the limiter. Every figure is of one run, the contenders in turn;
 * before each turn the young objects are cleared away, or each would have to do it for its neighbour. (Not the old ones too:
 * that also throws away compiled code.)
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '15' } },
});
const rounds = Number(values.rounds);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as (options: { type: 'minor' }) => void;

const work = async (index: number): Promise<number> => index;

/** Runs so many operations; returns something of the results, to be checked. */
type Contender = readonly [name: string, run: (operations: number) => Promise<number>];

/** n operations, each awaited by one of 512 clients before its next. */
const clients = (operation: (index: number) => Promise<number>) => async (operations: number) => {
  let sum = 0;
  await closedLoop(512, operations, async (index) => {
    const result = await operation(index);
    sum += result;
  });
  return sum;
};

/** All at once. */
const atOnce = (operation: (index: number) => Promise<number>) => async (operations: number) =>
  sumOf(await Promise.all(Array.from({ length: operations }, (_, index) => operation(index))));

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0);

async function sumOfAll(numbers: AsyncIterable<number>): Promise<number> {
  let sum = 0;
  for await (const each of numbers) sum += each;
  return sum;
}

const semaphore = new Semaphore(4);
const sema = new Sema(4);
const limit = pLimit(4);
const queue = new PQueue({ concurrency: 4 });

async function acquireOurs(index: number): Promise<number> {
  const permit = await semaphore.acquire();
  try {
    return await work(index);
  } finally {
    permit.release();
  }
}

async function acquireSema(index: number): Promise<number> {
  await sema.acquire();
  try {
    return await work(index);
  } finally {
    sema.release();
  }
}

const limiters: readonly (readonly [string, (index: number) => Promise<number>])[] = [
  ['millrace', (index) => semaphore.use(() => work(index))],
  ['async-sema', acquireSema],
  ['p-limit', (index) => limit(work, index)],
  ['p-queue', (index) => queue.add(() => work(index))],
];

function* thunks(count: number) {
  for (let index = 0; index < count; index++) yield () => work(index);
}

function* numbers(count: number) {
  for (let index = 0; index < count; index++) yield index;
}

const acquirers: readonly Contender[] = [
  ['millrace', clients(acquireOurs)],
  ['async-sema', clients(acquireSema)],
];

const mapping: readonly Contender[] = [
  ['p-map', async (count) => sumOf(await pMap(numbers(count), work, { concurrency: 16 }))],
  ['pMapIterable', (count) => sumOfAll(pMapIterable(numbers(count), work, { concurrency: 16 }))],
  ['p-limit', async (count) => sumOf(await pLimit(16).map(numbers(count), work))],
  ['p-queue', async (count) => sumOf(await new PQueue({ concurrency: 16 }).addAll([...thunks(count)]))],
];

const rows: [label: string, operations: number, contenders: readonly Contender[]][] = [
  ['acquire and release, one at a time', 50_000, acquirers.map(([name], at) => [name, oneAtATime(at)])],
  ['acquire and release, 512 clients, 4 permits', 50_000, acquirers],
  [
    'limit a function, 512 clients, 4 at a time',
    50_000,
    limiters.map(([name, call]) => [name, clients(call)]),
  ],
  [
    'limit a function, 20,000 at once, 4 at a time',
    20_000,
    limiters.map(([name, call]) => [name, atOnce(call)]),
  ],
  [
    'results in order, 16 at a time',
    20_000,
    [['millrace', (count) => sumOfAll(buffered(thunks(count), 16))], ...mapping],
  ],
  [
    'results as they come, 16 at a time',
    20_000,
    [['millrace', (count) => sumOfAll(bufferUnordered(thunks(count), 16))], ...mapping],
  ],
];

function oneAtATime(at: number) {
  const acquire = at === 0 ? acquireOurs : acquireSema;
  return async (operations: number) => {
    let sum = 0;
    for (let index = 0; index < operations; index++) {
      const result = await acquire(index);
      sum += result;
    }
    return sum;
  };
}

for (const [label, operations, contenders] of rows) {
  if (positionals.length > 0 && !positionals.some((part) => label.includes(part))) continue;
  const expected = (operations * (operations - 1)) / 2;
  const figures = await interleaved(contenders, rounds, async ([name, run]) => {
    collectGarbage({ type: 'minor' });
    let sum = 0;
    const took = await seconds(async () => (sum = await run(operations)));
    if (sum !== expected) throw new Error(`${name} came to ${sum}, not ${expected}`);
    return operations / took;
  });
  const medians = [...figures].map(([[name], all]) => [name, median(all)] as const);
  printRow(row(label, 'operations/s', true, medians));
}
