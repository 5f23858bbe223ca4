import { starters } from '../contenders/index.ts';
import { interleaved, median, seconds } from '../measure.ts';
import { row } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';

/** From the constructor to the first result. */
export const boot: Scenario = async ({ threads, rounds }) => {
  const figures = await interleaved(Object.entries(starters), rounds, async ([, start]) => {
    let close = (): Promise<unknown> => Promise.resolve();
    const took = await seconds(async () => {
      const contender = await start(threads);
      close = () => contender.close();
      await contender.call('empty');
    });
    await close();
    return took * 1000;
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
