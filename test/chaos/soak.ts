import { readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Executor } from 'millrace';
import { countLines } from './count-lines.ts';
import { draft } from './kinds.ts';
import { Random } from './random.ts';

/**
 * `npm run soak -- [--minutes 30] [--seed N]`: one executor under the chaos run's mixture of tasks. The heap (after a
 * collection) and the number of threads are sampled; ends with 1 unless, after a warm-up, both stay within 5 % of what
 * they were.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
});
const endsAt = performance.now() + Number(values.minutes) * 60_000;
const samples = 40;
const pauseMs = (Number(values.minutes) * 60_000) / samples;
/** Task numbers are used again: what counts here is not the tasks, but what they leave. */
const numbers = 100_000;
// Threads that die of an error which no task can be blamed for are told of: here that is the point.
process.removeAllListeners('warning');
countLines();
const random = new Random(Number(values.seed));
console.log(`soak: ${values.minutes} minutes, seed ${values.seed}, Node ${process.version}`);

const executor = new Executor({
  workers: 2,
  workerData: {
    runs: new SharedArrayBuffer(numbers * 4),
    nested: new SharedArrayBuffer(4),
    lines: new SharedArrayBuffer(8),
  },
  resourceLimits: { maxOldGenerationSizeMb: 32 },
  interruptGraceMs: 5,
});
let submitted = 0;

async function produce(): Promise<void> {
  while (performance.now() < endsAt) {
    const { task, options, cancelAfter } = draft(submitted++ % numbers, random);
    try {
      const future = await executor.submit(task, options);
      if (cancelAfter !== undefined) {
        for (let left = cancelAfter; left > 0; left--) await turn();
        future.cancel(undefined, { interrupt: options.interrupt === true });
      }
      await future.outcome();
    } catch {
      // Refused: the mixture has tasks that don't wait long.
    }
  }
}

/** In use in this process, the system's and Node's own included. Linux only. */
interface Sample {
  readonly heapMiB: number;
  readonly threads: number;
}

async function sample(): Promise<Sample[]> {
  const all: Sample[] = [];
  for (let left = samples - 1; left >= 0; left--) {
    // By the clock: on a busy machine they would outlast the tasks.
    const inMs = endsAt - left * pauseMs - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, inMs)));
    globalThis.gc?.();
    const heapMiB = process.memoryUsage().heapUsed / 2 ** 20;
    const threads = readdirSync('/proc/self/task').length;
    all.push({ heapMiB, threads });
    const { fulfilled, rejected, cancelled, refused } = executor.stats();
    const rssMiB = process.memoryUsage.rss() / 2 ** 20;
    console.log(
      `heap ${heapMiB.toFixed(2)} MiB, RSS ${rssMiB.toFixed(0)} MiB, ${threads} threads, ${fulfilled} fulfilled, ${rejected} rejected, ${cancelled} cancelled, ${refused} refused`,
    );
  }
  return all;
}

if (globalThis.gc === undefined) throw new Error('run it with --expose-gc');
const [taken] = await Promise.all([sample(), ...Array.from({ length: 64 }, produce)]);
await executor.shutdown();

const quarter = samples / 4;
const growth = { heapMiB: grown((each) => each.heapMiB), threads: grown((each) => each.threads) };
const left = process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker');
for (const [what, share] of Object.entries(growth)) {
  console.log(`${what}: ${(share * 100).toFixed(1)} % from the second quarter to the last`);
}
if (left.length > 0) console.error(`left behind: ${left.join(', ')}`);
process.exitCode = growth.heapMiB <= 0.05 && growth.threads <= 0.05 && left.length === 0 ? 0 : 1;

/** By what share the mean of the last quarter is above that of the second. */
function grown(of: (sample: Sample) => number): number {
  const mean = (some: readonly Sample[]) => some.reduce((sum, each) => sum + of(each), 0) / some.length;
  return mean(taken.slice(3 * quarter)) / mean(taken.slice(quarter, 2 * quarter)) - 1;
}
