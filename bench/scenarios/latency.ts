import { interleaved, median, percentile } from '../harness/measure.ts';
import { row } from '../harness/scenario.ts';
import type { Scenario } from '../harness/scenario.ts';

const callsPerTurn = 20;

/**
 * One call at a time. The turns are short and many: how fast a sleeping thread wakes up depends on what the processor
 * did just before, and swings by a factor of three from one moment to the next.
 */
export const latency: Scenario = async ({ contenders, rounds, turnMs }) => {
  const figures = await interleaved(contenders, Math.round((rounds * turnMs) / 5), async ({ call }) => {
    const times: number[] = [];
    for (let i = 0; i < callsPerTurn; i++) {
      const start = performance.now();
      await call('empty');
      times.push((performance.now() - start) * 1000);
    }
    return times;
  });
  const all = [...figures].map(([{ name }, times]) => [name, times.flat()] as const);
  return [
    row(
      'one call at a time, p50',
      'µs',
      false,
      all.map(([name, times]) => [name, median(times)]),
    ),
    row(
      'one call at a time, p99',
      'µs',
      false,
      all.map(([name, times]) => [name, percentile(times, 0.99)]),
    ),
  ];
};
