import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from '../harness/measure.ts';
import { row } from '../harness/scenario.ts';
import type { Row, Scenario } from '../harness/scenario.ts';

const script = fileURLToPath(new URL('../../pools/tasks/generator-run.mjs', import.meta.url));

interface Run {
  readonly rate: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
}

/**
 * Empty tasks from a generator, read one by one. Only Millrace has such a loop; memory growth is the point. Each run has
 * a process of its own: one that has grown already would not grow any more.
 */
export const generator: Scenario = async ({ threads, rounds, full }) => {
  const rows: Row[] = [];
  for (const total of full ? [1_000_000, 10_000_000] : [1_000_000]) {
    const runs: Run[] = [];
    for (let round = 0; round < Math.ceil(rounds / 2); round++) runs.push(await run(total, threads));
    const label = `${total / 1_000_000} million from a generator`;
    const worst = (of: (run: Run) => number): [string, number][] => [['millrace', Math.max(...runs.map(of))]];
    rows.push(
      row(label, 'tasks/s', true, [['millrace', median(runs.map((each) => each.rate))]]),
      row(
        `${label}: memory growth`,
        'MiB',
        false,
        worst(({ rssMiB }) => rssMiB),
      ),
      row(
        `${label}: heap growth`,
        'MiB',
        false,
        worst(({ heapMiB }) => heapMiB),
      ),
    );
  }
  return rows;
};

function run(total: number, threads: number): Promise<Run> {
  return new Promise((resolve, reject) => {
    // Without the Node options of this process.
    const child = fork(script, [String(total), String(threads)], { execArgv: [] });
    child.once('message', (message) => resolve(message as Run));
    child.once('exit', (code) => reject(new Error(`the run ended with ${code}`)));
  });
}
