import fc from '../../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { explore } from '../../../src/cli/tune/explore.ts';
import type { Point } from '../../../src/cli/tune/figures.ts';
import { outstandingSteps, workerSteps } from '../../../src/cli/tune/plan.ts';
import { measurement, throughput } from './simulation.ts';

type Curve = (workers: number, outstanding: number, round: number) => number;

interface Run {
  readonly points: Point[];
  /** `2:` an executor of two workers, `4` a measurement with four outstanding tasks, `.` it is closed. */
  readonly transcript: string;
  readonly planned: number[];
  /** Warming-ups included. */
  readonly measurements: number;
}

async function run(
  curve: Curve,
  options: { cpus?: number; maxWorkers?: number; rounds?: number; measurementMs?: number } = {},
): Promise<Run> {
  const { cpus = 2, maxWorkers, rounds = 1, measurementMs = Infinity } = options;
  const planned: number[] = [];
  const times = new Map<string, number>();
  const words: string[] = [];
  let measurements = 0;
  let opened = 0;
  const points = await explore({
    cpus,
    maxWorkers,
    rounds,
    measurementMs,
    planned: (count) => planned.push(count),
    open: (workers) => {
      expect(++opened, 'one executor at a time').toBe(1);
      words.push(`${workers}:`);
      measurements++;
      return Promise.resolve({
        measure: (outstanding) => {
          const key = `${workers}:${outstanding}`;
          const round = times.get(key) ?? 0;
          times.set(key, round + 1);
          words.push(String(outstanding));
          measurements++;
          return Promise.resolve(measurement(curve(workers, outstanding, round), outstanding));
        },
        close: () => {
          opened--;
          words.push('.');
          return Promise.resolve();
        },
      });
    },
  });
  return { points, transcript: words.join(' ').replaceAll(' .', '.'), planned, measurements };
}

const cpuBound: Curve = (workers, outstanding) =>
  throughput({ servers: Math.min(workers, 2), service: 1, handOver: 0 }, outstanding);

describe('exploring', () => {
  test('goes on until each curve is flat, once beyond the CPUs, and back in the next round', async () => {
    const { transcript } = await run(cpuBound, { rounds: 2 });
    expect(transcript).toBe('1: 1 2 4. 2: 1 2 4 8. 4: 1 4 8 16. 4: 16 8 4 1. 2: 8 4 2 1. 1: 4 2 1.');
  });

  test('stops at the number of workers from which on more gain nothing', async () => {
    const { transcript } = await run(() => 100, { cpus: 16 });
    expect(transcript).toBe('1: 1 2 4. 2: 1 2 4. 4: 1 4 8.');
  });

  test('ends with 256 outstanding for each worker, and the most workers, if it always gains', async () => {
    const { points } = await run((workers, outstanding) => workers * outstanding, { cpus: 4, maxWorkers: 3 });
    expect(points.map(({ workers, outstanding }) => [workers, outstanding])).toEqual(
      workerSteps(4, 3).flatMap((workers) => outstandingSteps(workers).map((each) => [workers, each])),
    );
  });

  test('goes no further where results take longer than a measurement, but up to four for each worker', async () => {
    const growing: Curve = (_, outstanding) => 10 * outstanding ** 0.5;
    const options = { maxWorkers: 2 };
    expect((await run(growing, { ...options, measurementMs: 700 })).transcript).toBe(
      '1: 1 2 4 8 16 32 64. 2: 1 2 4 8 16 32 64.',
    );
    expect((await run(growing, { ...options, measurementMs: 1 })).transcript).toBe('1: 1 2 4 8. 2: 1 2 4 8.');
  });

  test('follows a curve that a hitch in the first round made seem flat', async () => {
    const hitched: Curve = (_, outstanding, round) =>
      outstanding === 2 || outstanding === 4 ? (round === 0 ? 1 : outstanding) : Math.min(outstanding, 8);
    const { transcript, points } = await run(hitched, { maxWorkers: 1, rounds: 3 });
    expect(transcript).toBe('1: 1 2 4. 1: 4 2 1 8 8 16 16 32 32. 1: 1 2 4 8 16 32.');
    expect(points.map(({ rounds }) => rounds.length)).toEqual([3, 3, 3, 3, 3, 3]);
  });

  test('measures no more than it said at first, and each setting once a round', async () => {
    const setup = fc.record({
      cpus: fc.integer({ min: 1, max: 8 }),
      rounds: fc.integer({ min: 1, max: 4 }),
      rates: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 7, maxLength: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(setup, async ({ cpus, rounds, rates }) => {
        let calls = 0;
        const any: Curve = (workers, outstanding) =>
          (rates[(calls++ * 5 + workers + outstanding) % rates.length] as number) * workers;
        const { points, planned, measurements } = await run(any, { cpus, rounds });
        expect(measurements).toBeLessThanOrEqual(planned[0] as number);
        for (const point of points) expect(point.rounds).toHaveLength(rounds);
        expect(new Set(points.map(({ workers, outstanding }) => `${workers} ${outstanding}`)).size).toBe(
          points.length,
        );
      }),
    );
  });
});
