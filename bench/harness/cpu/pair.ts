import { fork } from 'node:child_process';
import { once } from 'node:events';
import { combined } from './cost.ts';
import type { Cost, CpuRow, Turn } from './cost.ts';

export type CpuRows = Readonly<Record<CpuRow, Cost>>;

/** One process with a built package in it. */
class Subject {
  readonly #process;

  constructor(index: string, threads: number) {
    this.#process = fork(new URL('./child.js', import.meta.url), [index, String(threads)]);
  }

  async run(turn: Turn): Promise<Cost> {
    const answer = new Promise<Cost>((resolve, reject) => {
      this.#process.once('message', resolve as (message: unknown) => void);
      this.#process.once('exit', (code) =>
        reject(new Error(`a measured process ended with exit code ${code}`)),
      );
    });
    this.#process.send(turn);
    const cost = await answer;
    this.#process.removeAllListeners('exit');
    return cost;
  }

  async end(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.disconnect();
    await exit;
  }
}

const counts: Readonly<Record<CpuRow, number>> = { empty: 25_000, compute: 2500 };
/** Until V8 has compiled all that it will: as many tasks as in these turns. */
const warmUp = 16;

/**
 * A process for each package, side by side. They take short turns, so that what else the machine does falls on all alike, and
 * each round begins with another one.
 *
 * @returns the mean of each package's turns, in the order given.
 */
export async function measure(
  indexes: readonly string[],
  threads: number,
  turns: number,
): Promise<CpuRows[]> {
  const subjects = indexes.map((index) => new Subject(index, threads));
  const zero: Cost = { main: 0, workers: 0, other: 0 };
  const sums = subjects.map((): Record<CpuRow, Cost> => ({ empty: zero, compute: zero }));
  const inTurn = subjects.map((subject, index) => ({ subject, index }));
  for (const row of ['empty', 'compute'] as const) {
    const count = counts[row];
    for (const { subject } of inTurn) await subject.run({ row, count: warmUp * count });
    for (let turn = 0; turn < turns; turn++) {
      for (const { subject, index } of inTurn) {
        const cost = await subject.run({ row, count });
        const sum = sums[index];
        if (sum !== undefined) sum[row] = combined(sum[row], cost, (a, b) => a + b / turns);
      }
      inTurn.reverse();
    }
  }
  await Promise.all(subjects.map((subject) => subject.end()));
  return sums;
}
