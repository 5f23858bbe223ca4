import { request } from 'node:http';
import { capacity } from './capacity.ts';
import { Contender, contenderNames } from './contender.ts';
import type { ContenderName } from './contender.ts';
import { median } from '../harness/measure.ts';
import { arrivals, good, openLoop, p } from './open-loop.ts';
import type { Sample } from './open-loop.ts';

export interface Setting {
  readonly workers: number;
  /** Of one run. */
  readonly seconds: number;
  readonly names: readonly ContenderName[];
  /** Multiples of the capacity, for the curve. */
  readonly loads: readonly number[];
}

/** A line of the report: what was measured, of whom, and how much. */
export interface Figure {
  readonly scenario: string;
  readonly contender: ContenderName;
  readonly figures: Readonly<Record<string, number>>;
}

export type Scenario = (setting: Setting) => Promise<Figure[]>;

/** Fewer than this many requests a second on the light route: not to be a load itself. */
const lightPerSecond = 20;

async function each(
  { names, workers }: Setting,
  scenario: string,
  run: (contender: Contender) => Promise<Readonly<Record<string, number>>>,
): Promise<Figure[]> {
  const all: Figure[] = [];
  for (const name of names) {
    const contender = await Contender.start(name, workers);
    try {
      all.push({ scenario, contender: name, figures: await run(contender) });
    } finally {
      await contender.stop();
    }
  }
  return all;
}

/** Capacity before and after: what else the machine does changes by the minute. */
async function withCapacity<T>(
  contender: Contender,
  workers: number,
  run: (perSecond: number) => Promise<T>,
) {
  const before = await capacity(contender, workers, 3);
  const result = await run(before);
  return { before, result };
}

/** The first second fills the queue, and what is in it at the end is answered when the load is over: neither counts. */
const warmUpMs = 1000;

/** Answers in time per second, as long as the load lasts. */
function goodput(samples: readonly Sample[], seconds: number): number {
  const endMs = seconds * 1000;
  const answered = good(samples).filter(({ dueMs, ms }) => dueMs + ms >= warmUpMs && dueMs + ms < endMs);
  return (answered.length * 1000) / (endMs - warmUpMs);
}

/** Four times what the server can do, and a light route beside it. */
export const overload: Scenario = (setting) =>
  each(setting, 'overload, 4 × capacity', async (contender) => {
    const { workers, seconds } = setting;
    const { port } = contender;
    const { before, result } = await withCapacity(contender, workers, (perSecond) => {
      const forMs = seconds * 1000;
      const heavy = openLoop({
        port,
        path: '/normal',
        dueMs: arrivals(4 * perSecond, forMs),
        patienceMs: 5000,
      });
      const light = openLoop({
        port,
        path: '/light',
        dueMs: arrivals(lightPerSecond, forMs),
        patienceMs: 5000,
      });
      return Promise.all([heavy, light]);
    });
    const [heavy, light] = result;
    // What is still queued would be in the way.
    await idle(contender);
    const after = await capacity(contender, workers, 3);
    const served = heavy.filter(({ status }) => status === 200);
    const refused = heavy.filter(({ status }) => status === 503);
    const able = (before + after) / 2;
    return {
      'capacity, requests/s': able,
      'goodput, % of capacity': (100 * goodput(heavy, seconds)) / able,
      'served, p50 ms': p(0.5, served),
      'served, p99 ms': p(0.99, served),
      'refused, % of requests': (100 * refused.length) / heavy.length,
      'refused, p99 ms': p(0.99, refused),
      'light route, p99 ms': p(0.99, light),
    };
  });

/** Four times its capacity of sheddable work, and a quarter of it that is critical. */
export const classes: Scenario = (setting) =>
  each(setting, 'critical beside 4 × sheddable', async (contender) => {
    const { workers, seconds } = setting;
    const { port } = contender;
    const perSecond = await capacity(contender, workers, 3);
    const forMs = seconds * 1000;
    const [critical, sheddable] = await Promise.all([
      openLoop({ port, path: '/critical', dueMs: arrivals(perSecond / 4, forMs), patienceMs: 5000 }),
      openLoop({ port, path: '/sheddable', dueMs: arrivals(4 * perSecond, forMs), patienceMs: 5000 }),
    ]);
    return {
      'critical, % answered within 1 s': (100 * good(critical).length) / critical.length,
      'critical, p99 ms': p(0.99, critical),
      'sheddable, % answered within 1 s': (100 * good(sheddable).length) / sheddable.length,
    };
  });

/** Half load, in turns: what does the gate cost when nothing is wrong? */
export const halfLoad: Scenario = async ({ workers, seconds, names }) => {
  const compared = names.filter((name) => name === 'millrace' || name === 'piscina');
  const contenders = await Promise.all(compared.map((name) => Contender.start(name, workers)));
  const perSecond = (await capacity(contenders[0], workers, 3)) / 2;
  const samples = new Map<Contender, Sample[]>(contenders.map((contender) => [contender, []]));
  const turns = 10;
  for (let turn = 0; turn < turns; turn++) {
    // The same requests at the same times for both.
    const dueMs = arrivals(perSecond, (seconds * 1000) / turns);
    for (const contender of turn % 2 === 0 ? contenders : contenders.toReversed()) {
      const { port } = contender;
      samples.get(contender)?.push(...(await openLoop({ port, path: '/normal', dueMs })));
    }
  }
  for (const contender of contenders) await contender.stop();
  return contenders.map((contender) => {
    const own = samples.get(contender) ?? [];
    const figures = {
      'answered in time, requests/s': good(own).length / seconds,
      'offered, requests/s': own.length / seconds,
      'p50 ms': p(0.5, own),
      'p99 ms': p(0.99, own),
    };
    return { scenario: 'half load', contender: contender.name, figures };
  });
};

/** Clients that close their connection while their request is being served or waits. */
export const disconnects: Scenario = (setting) =>
  each(setting, '10,000 clients that disconnect', async (contender) => {
    const count = 10_000;
    // Once before, for what a process learns but once: compiled code, grown tables.
    await storm(contender.port, count);
    await idle(contender);
    const before = await contender.stats();
    const start = performance.now();
    await storm(contender.port, count);
    await idle(contender);
    const seconds = (performance.now() - start) / 1000;
    const after = await contender.stats();
    return {
      'threads started meanwhile': after.threadStarts - before.threadStarts,
      'tasks left': after.pending + (after.running ?? 0),
      'memory, % more': (100 * (after.heapUsed - before.heapUsed)) / before.heapUsed,
      'seconds until it is idle again': seconds,
    };
  });

async function storm(port: number, count: number): Promise<void> {
  let left = count;
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      await new Promise<void>((resolve) => {
        const sent = request({ port, path: '/normal', host: '127.0.0.1', agent: false });
        sent.on('error', () => {});
        sent.on('close', () => resolve());
        // The request has gone out, and its answer takes longer than this.
        sent.on('finish', () => setTimeout(() => sent.destroy(), 10));
        sent.end();
      });
    }
  };
  await Promise.all(Array.from({ length: 200 }, client));
}

/** Resolves when the server has nothing to do, or after 20 seconds. */
async function idle(contender: Contender): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { pending, running = 0 } = await contender.stats();
    if (pending + running === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** SIGTERM at twice the capacity. */
export const sigterm: Scenario = (setting) =>
  each(setting, 'SIGTERM at 2 × capacity', async (contender) => {
    const perSecond = await capacity(contender, setting.workers, 3);
    const forMs = 2000;
    const load = openLoop({ port: contender.port, path: '/normal', dueMs: arrivals(2 * perSecond, forMs) });
    await new Promise((resolve) => setTimeout(resolve, forMs));
    const start = performance.now();
    await contender.stop(15_000);
    const endedMs = performance.now() - start;
    const samples = await load;
    return {
      'requests under way or before': samples.length,
      'answered or refused, %': (100 * samples.filter(({ status }) => status !== 0).length) / samples.length,
      'connections broken': samples.filter(({ status }) => status === 0).length,
      'process gone after ms': endedMs,
    };
  });

/**
 * Goodput by load: a fresh server for each, since what is left of an overload would weigh on the next. The work is the same
 * for all, and so is what the machine can do and what is offered; it is measured as often as there are contenders.
 */
export const curve: Scenario = async ({ workers, seconds, names, loads }) => {
  const figures = new Map<ContenderName, Record<string, number>>(names.map((name) => [name, {}]));
  for (const load of loads) {
    const contenders: Contender[] = [];
    for (const name of names) contenders.push(await Contender.start(name, workers));
    const able: number[] = [];
    for (const contender of contenders) able.push(await capacity(contender, workers, 2));
    const dueMs = arrivals(load * median(able), seconds * 1000);
    for (const { name, port } of contenders) {
      const samples = await openLoop({ port, path: '/normal', dueMs, patienceMs: 1500 });
      (figures.get(name) as Record<string, number>)[`× ${load}`] =
        (100 * goodput(samples, seconds)) / median(able);
    }
    for (const contender of contenders) await contender.stop();
  }
  return [...figures].map(([contender, own]) => ({ scenario: 'goodput by load', contender, figures: own }));
};

export const scenarios: Readonly<Record<string, Scenario>> = {
  overload,
  classes,
  'half-load': halfLoad,
  disconnects,
  sigterm,
  curve,
};

export { contenderNames };
