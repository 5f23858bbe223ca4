import { BareThreads } from '../pools/bare-threads.ts';
import type { Row, Scenario } from '../harness/scenario.ts';
import { race } from './throughput.ts';

/**
 * Tasks that are a number of steps, and not a time by the clock: when the main thread takes a core away from a worker, a
 * spinning task ends at the same time all the same, and these don't. The steps are chosen so that they take 10, 50
 * and 100 µs while all threads compute and the main thread sleeps.
 */
export const fixedWork: Scenario = async (setting) => {
  const bare = new BareThreads(setting.threads);
  const steps = 100_000;
  await bare.rate('compute', steps, 200);
  const perSecond = await bare.rate('compute', steps, 400);
  await bare.close();
  const stepsPerUs = (perSecond * steps) / setting.threads / 1e6;
  const rows: Row[] = [];
  for (const us of [10, 50, 100]) {
    rows.push(await race(setting, `${us} µs of fixed work`, 'compute', Math.round(us * stepsPerUs)));
  }
  return rows;
};
