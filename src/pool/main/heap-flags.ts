import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { ResourceLimits } from 'node:worker_threads';

/** The limits that flags of the process override, for all its threads (Node 20 to 26). A thread's own flags do not. */
const overriding = {
  maxOldGenerationSizeMb: /^--max[-_](?:old[-_]space[-_]size(?:[-_]percentage)?|heap[-_]size)[=\n]([\d.]+)/gm,
  maxYoungGenerationSizeMb: /^--max[-_](?:semi[-_]space[-_]size|heap[-_]size)[=\n]([\d.]+)/gm,
};

/** What is said of a limit that a flag of this process overrides; undefined if all of them hold. */
export function overriddenLimit(limits: ResourceLimits): string | undefined {
  // One argument a line; Node takes quotes around them in NODE_OPTIONS.
  const sources = [
    ['NODE_OPTIONS', (process.env['NODE_OPTIONS'] ?? '').replaceAll(/[\s"]+/g, '\n')],
    ['the command line', process.execArgv.join('\n')],
  ] as const;
  for (const [name, pattern] of Object.entries(overriding) as [keyof typeof overriding, RegExp][]) {
    const limit = limits[name];
    if (limit === undefined) continue;
    const flags = sources.flatMap(([source, text]) =>
      [...text.matchAll(pattern)].map(([flag, value]) => ({ flag, value: Number(value), source })),
    );
    const flag = flags.find(({ value }) => value !== limit);
    if (flag === undefined || changesHeap(limits, name, limit)) continue;
    const heapMb = Math.round(heapLimitOf(limits) / 2 ** 20);
    const text = `${flag.flag.replace('\n', '=')} of ${flag.source} overrides resourceLimits.${name}, ${limit}`;
    return `${text}: the heap of a thread may grow to ${heapMb} MiB`;
  }
  return undefined;
}

/** The text may be about other processes: `NODE_OPTIONS` can be set after the start. A limit that holds makes a difference. */
function changesHeap(limits: ResourceLimits, name: keyof typeof overriding, limit: number): boolean {
  const other = limit < 32 ? limit * 4 : limit * 2;
  return heapLimitOf(limits) !== heapLimitOf({ ...limits, [name]: other });
}

/** What a thread of these limits says of itself: it is started, and waited for. Takes some 20 ms, and is rarely asked. */
function heapLimitOf(limits: ResourceLimits): number {
  const shared = new SharedArrayBuffer(16);
  const answered = new Int32Array(shared);
  const source = `
    const shared = require('node:worker_threads').workerData;
    new Float64Array(shared)[1] = require('node:v8').getHeapStatistics().heap_size_limit;
    Atomics.store(new Int32Array(shared), 0, 1);
    Atomics.notify(new Int32Array(shared), 0);`;
  const options = { eval: true, env: {}, execArgv: [], resourceLimits: limits, workerData: shared };
  const thread = new Worker(source, options);
  thread.on('error', () => {});
  const answer = Atomics.wait(answered, 0, 0, 10_000);
  void thread.terminate();
  // One that can't even start tells nothing: this thread's has the flags as well.
  return answer === 'timed-out'
    ? getHeapStatistics().heap_size_limit
    : (new Float64Array(shared)[1] as number);
}
