import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Executor, tasks } from 'millrace';
import type { Task } from 'millrace';
import { inspector, openInspector, traceFile } from 'millrace/inspector';
import { taskUrl } from '../../pools/contender.ts';
import { combined } from '../cpu/cost.ts';
import type { Cost } from '../cpu/cost.ts';
import { ThreadClock } from '../cpu/thread-clock.ts';
import { closedLoop } from '../measure.ts';
import type { Watch, WatchTurn } from './watch.ts';

/** `fork('child.js', [WATCH, THREADS])` looks on in one way, and answers each `WatchTurn` with its cost. */
const [, , watch, threads] = process.argv as [string, string, Watch, string];

interface Work {
  empty(): void;
  compute(steps: number): number;
}

const work = tasks<Work>(taskUrl('cpu-work.mjs'));
const clock = await ThreadClock.start();
const executor = new Executor({ workers: Number(threads) });
await executor.ready();

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
let url = '';
let frame = '';
if (watch === 'viewed') {
  const server = createServer(inspector(executor)).listen(0, '127.0.0.1');
  server.unref();
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
} else if (watch === 'own thread') {
  ({ url } = await openInspector(executor));
} else if (watch === 'trace') traceFile(executor, join(folder, 'trace.json'), { lastMs: 5000 });
// A viewer in the same process costs more than one elsewhere does.
if (url !== '')
  get(`${url}?events`, (response: IncomingMessage) =>
    response.on('data', (chunk: Buffer) => (frame = chunk.toString())),
  );

const makers: Readonly<Record<WatchTurn['row'], () => Task<unknown>>> = {
  empty: () => work.empty(),
  compute: () => work.compute(4000),
};

async function cost({ row, count }: WatchTurn): Promise<Cost> {
  const make = makers[row];
  const before = clock.read();
  await closedLoop(512, count, () => executor.run(make()));
  return combined(clock.read(), before, (a, b) => (a - b) / count);
}

async function sizes(): Promise<{ page: number; frame: number; watching: number }> {
  const response = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
  const watching = /"watching":([\d.]+)/.exec(frame)?.[1] ?? '0';
  return {
    page: Number(response.headers.get('content-length')),
    frame: frame.length,
    watching: Number(watching),
  };
}

process.on('message', (told: WatchTurn | 'sizes') => {
  void (told === 'sizes' ? sizes() : cost(told)).then((answer) => process.send?.(answer));
});
process.once('disconnect', () => {
  rmSync(folder, { recursive: true });
  process.exit(0);
});
