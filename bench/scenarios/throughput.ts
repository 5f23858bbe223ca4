import { BareThreads } from '../pools/bare-threads.ts';
import type { WorkName } from '../pools/contender.ts';
import { interleaved, median, rate } from '../harness/measure.ts';
import { row } from '../harness/scenario.ts';
import type { Row, Scenario, Setting } from '../harness/scenario.ts';

const outstanding = 512;

/** Tasks per second with 512 outstanding, by run time: tasks that hold a thread for so long by the clock. */
export const throughput: Scenario = async (setting) => {
  const rows: Row[] = [await race(setting, 'empty tasks', 'empty', undefined)];
  for (const us of [10, 50, 100, 500, 1000, 5000]) {
    // 512 tasks of 5 ms take a second as it is.
    const rounds = us >= 1000 ? Math.ceil(setting.rounds / 2) : setting.rounds;
    rows.push(await race({ ...setting, rounds }, `${us} µs tasks`, 'spin', us));
  }
  return rows;
};

/** The contenders, and bare threads beside them. A task with an argument returns the same for everybody. */
export async function race(
  { contenders, threads, rounds, turnMs }: Setting,
  label: string,
  work: WorkName,
  argument: number | undefined,
): Promise<Row> {
  const bare = new BareThreads(threads);
  const expected = work === 'spin' ? argument : await contenders[0]?.call(work, argument);
  const entries = [...contenders, { name: bareThreads, call: null }];
  const figures = await interleaved(entries, rounds, async ({ name, call }) => {
    if (call === null) return bare.rate(work, argument, turnMs);
    return rate(outstanding, turnMs, async () => {
      const result = await call(work, argument);
      if (result !== expected) throw new Error(`${name} returned ${String(result)}, not ${String(expected)}`);
    });
  });
  await bare.close();
  const shown = [...figures].filter(([{ name }]) => name !== bareThreads || argument !== undefined);
  return row(
    label,
    'tasks/s',
    true,
    shown.map(([{ name }, rates]) => [name, median(rates)]),
  );
}

/** What the report calls the loop without a pool. */
export const bareThreads = 'bare threads';
