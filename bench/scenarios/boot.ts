import { starters } from '../pools/index.ts';
import { interleaved, median } from '../harness/measure.ts';
import { row } from '../harness/scenario.ts';
import type { Scenario } from '../harness/scenario.ts';

/** From the constructor to the first result. */
export const boot: Scenario = async ({ threads, rounds }) => {
  const figures = await interleaved(Object.entries(starters), rounds, async ([, start]) => {
    const begun = performance.now();
    const contender = await start(threads);
    await contender.call('empty');
    const took = performance.now() - begun;
    await contender.close();
    return took;
  });
  return [
    row(
      'boot to the first result',
      'ms',
      false,
      [...figures].map(([[name], times]) => [name, median(times)]),
    ),
  ];
};
