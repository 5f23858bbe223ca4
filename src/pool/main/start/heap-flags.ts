import process from 'node:process';
import { Worker } from 'node:worker_threads';
import type { ResourceLimits } from 'node:worker_threads';

/** The limits that flags of the process override for all its threads (Node 20 to 26). Flags of a thread do not. */
const overriding = {
  maxOldGenerationSizeMb:
    /^--?(max[-_](?:old[-_]space[-_]size(?:[-_]percentage)?|heap[-_]size))[=\n]([\d.]+)/gm,
  maxYoungGenerationSizeMb: /^--?(max[-_](?:semi[-_]space[-_]size|heap[-_]size))[=\n]([\d.]+)/gm,
};

/** A message that names a limit which a flag of this process overrides; undefined if all limits hold. */
export function overriddenLimit(limits: ResourceLimits): string | undefined {
  // One argument a line, in the order in which Node reads them.
  const sources = [
    ['NODE_OPTIONS', argumentsIn(process.env['NODE_OPTIONS'] ?? '').join('\n')],
    ['the command line', process.execArgv.join('\n')],
  ] as const;
  for (const [name, pattern] of Object.entries(overriding) as [keyof typeof overriding, RegExp][]) {
    const limit = limits[name];
    if (limit === undefined) continue;
    const flags = sources.flatMap(([source, text]) =>
      [...text.matchAll(pattern)].map(([flag, option = '', value]) => ({
        flag,
        option: option.replaceAll('_', '-'),
        value: Number(value),
        source,
      })),
    );
    // The last flag of a name holds.
    const last = new Map(flags.map((each) => [each.option, each]));
    const flag = [...last.values()].find(({ value }) => value !== limit);
    if (flag === undefined || changesHeap(limits, name, limit)) continue;
    const heapMb = Math.round(heapLimitOf(limits) / 2 ** 20);
    const text = `${flag.flag.replace('\n', '=')} of ${flag.source} overrides resourceLimits.${name}, ${limit}`;
    return `${text}: the heap of a thread may grow to ${heapMb} MiB`;
  }
  return undefined;
}

/** Splits `NODE_OPTIONS` as Node does: at spaces; a backslash escapes within double quotes only. */
function argumentsIn(options: string): string[] {
  const words = options.match(/(?:"(?:\\.|[^"\\])*"|[^ "])+/gs) ?? [];
  return words.map((word) =>
    word.replaceAll(/"((?:\\.|[^"\\])*)"/gs, (_, quoted: string) => quoted.replaceAll(/\\(.)/gs, '$1')),
  );
}

/** Tests whether the limit takes effect: `NODE_OPTIONS` may have been set after the start, for other processes. */
function changesHeap(limits: ResourceLimits, name: keyof typeof overriding, limit: number): boolean {
  const other = limit < 32 ? limit * 4 : limit * 2;
  return heapLimitOf(limits) !== heapLimitOf({ ...limits, [name]: other });
}

/** Starts a thread with these limits, blocks until it tells its heap limit, and returns that. Slow, and rarely called. */
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
  // A thread that can't start tells nothing: this thread's limit has the flags as well.
  return answer === 'timed-out'
    ? process.getBuiltinModule('node:v8').getHeapStatistics().heap_size_limit
    : (new Float64Array(shared)[1] as number);
}
