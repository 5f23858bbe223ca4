import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { taskUrl } from '../../pools/contender.ts';

/** What one process measures: bytes and CPU milliseconds of an idle executor, or milliseconds from its constructor on. */
export interface Start {
  readonly memoryMiB: number;
  readonly cpuMs: number;
  readonly tookMs: number;
}

export type Way = 'idle' | 'first' | 'burst';

interface Work {
  empty(): void;
  wait(ms: number): void;
}

/** `fork('child.js', [INDEX, WORKERS, WAY])` imports the built package INDEX, makes one executor, and sends a `Start`. */
const [, , index = '', count = '', way] = process.argv;
const workers = Number(count);
const { Executor, tasks } = (await import(pathToFileURL(index).href)) as typeof import('millrace');
const work = tasks<Work>(taskUrl('start-work.mjs'));
await sleep(200);
const memory = process.memoryUsage.rss();
const cpu = process.cpuUsage();
const begun = performance.now();
const executor = new Executor({ workers });
if (way === 'first') await executor.run(work.empty());
else if (way === 'burst')
  await Promise.all(Array.from({ length: workers }, () => executor.run(work.wait(100))));
const tookMs = performance.now() - begun;
if (way === 'idle') await calm();
const { user, system } = process.cpuUsage(cpu);
const memoryMiB = (process.memoryUsage.rss() - memory) / 2 ** 20;
process.send?.({ memoryMiB, cpuMs: (user + system) / 1000, tookMs } satisfies Start);
await executor.shutdown({ mode: 'kill' });
process.disconnect();

/** Until the process has used next to no CPU for half a second: whatever was to start has started. */
async function calm(): Promise<void> {
  for (let quiet = 0; quiet < 2; ) {
    const before = process.cpuUsage();
    await sleep(250);
    const { user, system } = process.cpuUsage(before);
    quiet = user + system < 10_000 ? quiet + 1 : 0;
  }
}
