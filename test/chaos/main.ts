import { parseArgs } from 'node:util';
import { countLines } from './count-lines.ts';
import { isMeddled } from './meddler.ts';
import { Random } from './random.ts';
import { Stage } from './stage.ts';
import { Stalls } from './stalls.ts';
import { Tally } from './tally.ts';

/**
 * `npm run chaos -- [--tasks 50000] [--seed N]`: everything that can go wrong, in a random mixture, on several executors at
 * once, some of which are shut down in the midst of it. Ends with 1 unless every task settled exactly once, as such a
 * task does, within all bounds, was begun no more often than it may be, and nothing was left behind.
 */
const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '50000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
});
const total = Number(values.tasks);
const seed = Number(values.seed);
const stagesAtOnce = 3;
/** Much longer than any task takes by itself, also on a busy machine. */
const stallMs = 120_000;
console.log(`chaos: ${total} tasks, seed ${seed}, Node ${process.version}`);

const runs = new SharedArrayBuffer(total * 4);
const nested = new SharedArrayBuffer(4);
const lines = new SharedArrayBuffer(8);
const printed = countLines();
const tally = new Tally(total);
// Threads that die of an error which no task can be blamed for are told of: here that is the point.
process.removeAllListeners('warning');
const random = new Random(seed);
process.on('uncaughtException', (error) => {
  // Thrown by a subscriber on purpose.
  if (!isMeddled(error)) tally.violate(`uncaught: ${error.stack}`);
});
process.on('unhandledRejection', (error) =>
  tally.violate(`unhandled: ${String((error as Error)?.stack ?? error)}`),
);
const before = heap();

let taken = 0;
let stages = 0;
const stalls = new Stalls(
  () => taken + tally.ends + stages,
  (what) => {
    for (const violation of [...tally.violations, what]) console.error(`violation: ${violation}`);
    console.log(`chaos: stands still, seed ${seed}`);
    process.exit(1);
  },
  stallMs,
);
const numbers = { take: () => (taken < total ? taken++ : undefined) };
async function perform(): Promise<void> {
  while (taken < total) {
    stages++;
    const stage = new Stage(new Random(random.integer(0, 2 ** 31)), tally, numbers, { runs, nested, lines });
    await stalls.watch(stage, stage.play());
  }
}
const start = performance.now();
await Promise.all(Array.from({ length: stagesAtOnce }, perform));
stalls.end();
const seconds = (performance.now() - start) / 1000;

tally.checkRuns(new Int32Array(runs));
// A call that was made in the moment in which its thread died is not heard of, nor one of an executor that takes nothing more.
const byTasks = tally.submitted - total;
const calls = new Int32Array(nested)[0] as number;
if (byTasks < 0 || byTasks > calls)
  tally.violate(`${tally.submitted} tasks submitted: ${total} by the run, and at most ${calls} by tasks`);
// A thread may have been ended between a line and the count of it.
const [begun = 0, done = 0] = new Int32Array(lines);
const { count } = printed;
if (count < done || count > begun) tally.violate(`${count} lines were printed, of ${done} to ${begun}`);
if (tally.unsettled > 0) tally.violate(`${tally.unsettled} tasks were never settled`);
const remaining = () =>
  process.getActiveResourcesInfo().filter((name) => !/^(TTY|Pipe|FSReq|File)/.test(name));
// Threads that have ended close their ports some turns later.
const until = performance.now() + 10_000;
while (remaining().length > 0 && performance.now() < until) await new Promise(setImmediate);
const left = remaining();
if (left.length > 0) tally.violate(`left behind: ${left.join(', ')}`);
const grownMiB = (heap() - before) / 2 ** 20;
if (grownMiB > 16) tally.violate(`the heap has grown by ${grownMiB.toFixed(1)} MiB`);

console.table(tally.byKind);
const { endings, meddled, collateral, lostResults, lostBuffers, violations } = tally;
console.log({
  executors: stages,
  nested: `${byTasks} of ${calls}`,
  lines: count,
  ...endings,
  meddled,
  collateral,
  lostResults,
  lostBuffers,
  seconds: Math.round(seconds),
  grownMiB: Number(grownMiB.toFixed(1)),
});
for (const violation of violations) console.error(`violation: ${violation}`);
console.log(violations.length === 0 ? 'chaos: every law held' : `chaos: broken laws, seed ${seed}`);
process.exitCode = violations.length === 0 ? 0 : 1;

/** Bytes in use, after a collection. */
function heap(): number {
  if (globalThis.gc === undefined) throw new Error('run it with --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
