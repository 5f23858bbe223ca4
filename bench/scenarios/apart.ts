import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Figures, Measure } from '../harness/apart/child.ts';
import { interleaved, median } from '../harness/measure.ts';
import { row } from '../harness/scenario.ts';
import type { Row, Scenario, Setting } from '../harness/scenario.ts';

const child = new URL('../harness/apart/child.js', import.meta.url);

interface Line {
  readonly label: string;
  readonly measure: Measure;
  readonly threads: number;
  /** All threads share one core. */
  readonly pinned?: boolean;
  readonly figure: keyof Figures;
}

/** A pool whose calls make no headway is stopped, and has no figure. (Piscina, with 64 threads in `Atomics.wait` on two cores.) */
const patienceMs = 60_000;

/** One call at a time, and few: each contender in a process of its own, so that its CPU time can be told. */
export const calls: Scenario = async (setting) => {
  const lines: Line[] = [
    { label: 'lone call, pinned to a core, p50', measure: 'lone', threads: 1, pinned: true, figure: 'p50Us' },
    { label: 'lone call, pinned to a core, CPU', measure: 'lone', threads: 1, pinned: true, figure: 'cpuUs' },
    { label: 'lone call, two workers, p50', measure: 'lone', threads: 2, figure: 'p50Us' },
    { label: 'lone call, two workers, CPU', measure: 'lone', threads: 2, figure: 'cpuUs' },
    { label: 'a call a millisecond, p50', measure: 'paced', threads: 2, figure: 'p50Us' },
    { label: 'a call a millisecond, CPU a call', measure: 'paced', threads: 2, figure: 'cpuUs' },
    { label: 'four outstanding, empty', measure: 'four', threads: 2, figure: 'rate' },
    { label: 'four outstanding, 100 µs', measure: 'four of 100 µs', threads: 2, figure: 'rate' },
  ];
  return table(setting, lines);
};

/** Before there is work. */
export const beforeWork: Scenario = (setting) => {
  const first = [1, 2, 16].map(
    (threads): Line => ({
      label: `first result, ${threads} worker${threads === 1 ? '' : 's'}`,
      measure: 'first',
      threads,
      figure: 'tookMs',
    }),
  );
  const idle: Line = { label: 'idle, 64 workers: memory', measure: 'idle', threads: 64, figure: 'memoryMiB' };
  return table(setting, [...first, idle]);
};

/** Empty tasks with 512 in flight, and ever more workers than cores. */
export const workers: Scenario = (setting) =>
  table(
    setting,
    [2, 4, 8, 16, 32, 64].map((threads) => ({
      label: `empty tasks, ${threads} workers on ${availableParallelism()} cores`,
      measure: 'many',
      threads,
      figure: 'rate',
    })),
  );

async function table(setting: Setting, lines: readonly Line[]): Promise<Row[]> {
  const names = setting.contenders.flatMap(({ name }) =>
    name === 'piscina' ? [name, 'piscina without atomics'] : [name],
  );
  const rows: Row[] = [];
  // Lines that are read from the same processes.
  const measured = new Map<string, Map<string, Figures[]>>();
  for (const line of lines) {
    const key = `${line.measure} ${line.threads} ${line.pinned === true}`;
    const figures =
      measured.get(key) ??
      (await interleaved(names, setting.rounds, (name) => measure(name, line, setting.turnMs)));
    measured.set(key, figures);
    const medians = [...figures].map(
      ([name, all]) => [name, median(all.map((each) => each[line.figure] ?? NaN))] as const,
    );
    rows.push(row(line.label, units[line.figure], line.figure === 'rate', medians));
  }
  return rows;
}

const units: Record<keyof Figures, string> = {
  p50Us: 'µs',
  cpuUs: 'µs',
  rate: 'tasks/s',
  tookMs: 'ms',
  memoryMiB: 'MiB',
};

async function measure(name: string, line: Line, turnMs: number): Promise<Figures> {
  const args = [name, String(line.threads), line.measure, String(turnMs)];
  const forked: ChildProcess = line.pinned === true ? fork(child, args, pinned) : fork(child, args);
  let figures: Figures = {};
  forked.once('message', (message) => (figures = message as Figures));
  const overdue = setTimeout(() => forked.kill('SIGKILL'), patienceMs);
  await once(forked, 'exit');
  clearTimeout(overdue);
  return figures;
}

/** Linux alone can do that from outside; elsewhere it is not pinned. */
const pinned =
  process.platform === 'linux'
    ? { execPath: 'taskset', execArgv: ['-c', '0', process.execPath, ...process.execArgv] }
    : {};
