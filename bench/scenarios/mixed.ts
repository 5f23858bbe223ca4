import { closedLoop, interleaved, median, percentile } from '../harness/measure.ts';
import { row } from '../harness/scenario.ts';
import type { Row, Scenario } from '../harness/scenario.ts';

const calls = 5000;

/** 1 % of 20 ms among tasks of 10 µs, 512 outstanding: as one function, and as two. */
export const mixed: Scenario = async ({ contenders, rounds }) => {
  const rows: Row[] = [];
  for (const long of ['spin', 'spinLong'] as const) {
    const figures = await interleaved(contenders, Math.ceil(rounds / 2), async ({ name, call }) => {
      const shortMs: number[] = [];
      const start = performance.now();
      await closedLoop(512, calls, async (index) => {
        const [work, us] = index % 100 === 50 ? ([long, 20_000] as const) : (['spin', 10] as const);
        const submitted = performance.now();
        if ((await call(work, us)) !== us) throw new Error(`${name} returned something else`);
        if (us === 10) shortMs.push(performance.now() - submitted);
      });
      return { totalMs: performance.now() - start, p99: percentile(shortMs, 0.99) };
    });
    const how = long === 'spin' ? 'one function' : 'two functions';
    const all = [...figures];
    rows.push(
      row(
        `mixed, ${how}: total`,
        'ms',
        false,
        all.map(([{ name }, runs]) => [name, median(runs.map((run) => run.totalMs))]),
      ),
      row(
        `mixed, ${how}: p99 of the short`,
        'ms',
        false,
        all.map(([{ name }, runs]) => [name, median(runs.map((run) => run.p99))]),
      ),
    );
  }
  return rows;
};
