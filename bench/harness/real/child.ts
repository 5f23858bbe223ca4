import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Executor, tasks } from 'millrace';
import { Piscina } from 'piscina';
import { taskUrl } from '../../pools/contender.ts';
import { sources, works } from './works.ts';
import type { Exports, Tasks } from './works.ts';

export type Way = 'sequential' | 'piscina' | 'executor.map' | 'bare threads';

/** What one process has measured: the first pass over the files, threads and package loaded in it, and those after it. */
export interface Passes {
  readonly coldMs: number;
  readonly warmMs: readonly number[];
  readonly digest: string;
}

type Run = (calls: readonly (readonly unknown[])[]) => Promise<unknown[]>;

/** `fork('child.js', [PACKAGE, WAY, THREADS, PASSES])` sends its `Passes`. */
const [, , from = '', way = '', threadCount = '', passCount = ''] = process.argv;
const work = works[from];
if (work === undefined) throw new Error(`no package '${from}'`);
const { name, options, digested } = work;
const threads = Number(threadCount);
const filename = taskUrl('real-work.mjs');

const ways: Record<Way, () => Promise<Run> | Run> = {
  async sequential() {
    const { [name]: run } = (await import(from)) as Exports;
    return async (calls) => {
      const results: unknown[] = [];
      for (const args of calls) results.push(await run(...args));
      return results;
    };
  },
  piscina() {
    const pool = new Piscina({ filename: filename.href, minThreads: threads, maxThreads: threads });
    return (calls) => Promise.all(calls.map((args) => pool.run(args, { name })));
  },
  'executor.map'() {
    const executor = new Executor({ workers: threads });
    const { [name]: task } = tasks(import.meta.resolve(from)) as unknown as Tasks;
    return async (calls) => {
      const results: unknown[] = [];
      for await (const result of executor.map(calls, (args) => task(...args))) results.push(result);
      return results;
    };
  },
  'bare threads'() {
    const workers = Array.from({ length: threads }, () => new Worker(filename));
    return async (calls) => {
      const parts = workers.map(async (worker, index) => {
        worker.postMessage(
          { bare: true, work: name, calls: calls.filter((_, at) => at % threads === index) },
          [],
        );
        const [results] = (await once(worker, 'message')) as [unknown[]];
        return results;
      });
      const done = await Promise.all(parts);
      return calls.map((_, at) => done[at % threads]?.[Math.floor(at / threads)]);
    };
  },
};

const calls = sources().map((source) => [source, ...options]);
const timed: number[] = [];
let digest = '';
const begun = performance.now();
const run = await ways[way as Way]();
for (let pass = 0; pass < Number(passCount); pass++) {
  const start = pass === 0 ? begun : performance.now();
  const results = await run(calls);
  timed.push(performance.now() - start);
  digest = createHash('sha256').update(results.map(digested).join('\0')).digest('hex');
}
const [coldMs = NaN, ...warmMs] = timed;
process.send?.({ coldMs, warmMs, digest } satisfies Passes, () => process.exit());
