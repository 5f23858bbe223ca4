import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from '../../pools/contender.ts';
import { median, rate } from '../measure.ts';

/** What one process measures of one contender; only some of it. */
export interface Figures {
  readonly p50Us?: number;
  readonly cpuUs?: number;
  readonly rate?: number;
  readonly tookMs?: number;
  readonly memoryMiB?: number;
}

/**
 * - `lone`: one call after the other; `paced`: one a millisecond; `four`, `many`: so many outstanding
 * - `first`: from the constructor to the first result; `idle`: memory from before the import to a second after the constructor
 */
export type Measure = 'lone' | 'paced' | 'four' | 'four of 100 µs' | 'many' | 'first' | 'idle';

/** Only what is measured is imported, and not by the time from its constructor on. */
const importers: Record<string, () => Promise<(threads: number) => Promise<Contender>>> = {
  async millrace() {
    const { startMillrace, startMillraceOnDemand } = await import('../../pools/millrace.ts');
    return measure === 'first' || measure === 'idle' ? startMillraceOnDemand : startMillrace;
  },
  piscina: async () => (await import('../../pools/piscina.ts')).startPiscina,
  'piscina without atomics': async () => (await import('../../pools/piscina.ts')).startPiscinaWithoutAtomics,
  tinypool: async () => (await import('../../pools/tinypool.ts')).startTinypool,
  poolifier: async () => (await import('../../pools/poolifier.ts')).startPoolifier,
  workerpool: async () => (await import('../../pools/workerpool.ts')).startWorkerpool,
  postMessage: async () => (await import('../../pools/post-message.ts')).startPostMessage,
};

/** `fork('child.js', [CONTENDER, THREADS, MEASURE, TURN_MS])` sends its `Figures`. */
const [, , name = '', threads = '', given, turn = ''] = process.argv;
const measure = given as Measure;
const turnMs = Number(turn);

const measures: Record<Measure, () => Promise<Figures>> = {
  lone: () => warm(lone),
  paced: () => warm(paced),
  four: () => warm(async ({ call }) => ({ rate: await rate(4, turnMs, () => call('empty')) })),
  'four of 100 µs': () =>
    warm(async ({ call }) => ({ rate: await rate(4, turnMs, () => call('spin', 100)) })),
  many: () => warm(async ({ call }) => ({ rate: await rate(512, turnMs, () => call('empty')) })),
  async first() {
    const start = await starter();
    const begun = performance.now();
    const { call } = await start(Number(threads));
    await call('empty');
    return { tookMs: performance.now() - begun };
  },
  async idle() {
    const before = process.memoryUsage.rss();
    await (await starter())(Number(threads));
    await sleep(1000);
    return { memoryMiB: (process.memoryUsage.rss() - before) / 2 ** 20 };
  },
};
process.send?.(await measures[measure](), () => process.exit());

function starter(): Promise<(threads: number) => Promise<Contender>> {
  const importer = importers[name];
  if (importer === undefined) throw new Error(`no contender '${name}'`);
  return importer();
}

/**
 * The first runs are not counted: meanwhile V8 compiles the hot functions, on threads whose CPU time would count too. With many threads
 * that takes seconds, since V8 compiles them anew in each.
 */
async function warm(run: (contender: Contender) => Promise<Figures>): Promise<Figures> {
  const contender = await (await starter())(Number(threads));
  const isMany = measure === 'many';
  const firstMs = isMany ? turnMs * Math.max(1, Number(threads) / 6) : turnMs;
  await rate(isMany ? 512 : 4, firstMs, () => contender.call('empty'));
  await run(contender);
  await run(contender);
  return run(contender);
}

async function lone({ call }: Contender): Promise<Figures> {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const begun = performance.now();
  for (let now = begun; now < begun + turnMs; ) {
    await call('empty');
    const ended = performance.now();
    times.push((ended - now) * 1000);
    now = ended;
  }
  return { p50Us: median(times), cpuUs: cpuSince(cpu) / times.length };
}

/** What is used between the calls counts as well, and is little. */
async function paced({ call }: Contender): Promise<Figures> {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  for (const end = performance.now() + turnMs; performance.now() < end; ) {
    await sleep(1);
    const start = performance.now();
    await call('empty');
    times.push((performance.now() - start) * 1000);
  }
  return { p50Us: median(times), cpuUs: cpuSince(cpu) / times.length };
}

function cpuSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return user + system;
}
