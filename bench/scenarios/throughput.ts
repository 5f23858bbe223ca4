import { closedLoop, interleaved, median, seconds } from '../measure.ts';
import { row } from '../scenario.ts';
import type { Row, Scenario } from '../scenario.ts';

const outstanding = 512;
const runTimesUs = [0, 10, 50, 100, 500, 1000, 5000];

/** Tasks per second with 512 outstanding, by run time. */
export const throughput: Scenario = async ({ contenders, rounds }) => {
  const rows: Row[] = [];
  for (const us of runTimesUs) {
    const figures = await interleaved(contenders, rounds, async ({ name, call }) => {
      const calls = callsFor(name, us);
      const took = await seconds(() =>
        closedLoop(outstanding, calls, () => (us === 0 ? call('empty') : call('spin', us))),
      );
      return calls / took;
    });
    const medians = [...figures].map(([{ name }, rates]) => [name, median(rates)] as const);
    rows.push(row(us === 0 ? 'empty tasks' : `${us} µs tasks`, 'tasks/s', true, medians));
  }
  return rows;
};

/** About half a second each: what makes 20,000 calls a second need not make a million of them. */
function callsFor(name: string, us: number): number {
  const fast =
    name === 'millrace' ? 500_000 : name === 'postMessage' || name === 'poolifier' ? 100_000 : 15_000;
  return us === 0 ? fast : Math.max(1000, Math.min(fast / 4, Math.round(1_000_000 / us)));
}
