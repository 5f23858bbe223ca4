import fc from '../../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { figuresOf } from '../../../src/cli/tune/figures.ts';
import type { Figures } from '../../../src/cli/tune/figures.ts';
import { findKnee } from '../../../src/cli/tune/knee.ts';
import { outstandingSteps, workerSteps } from '../../../src/cli/tune/plan.ts';
import { figures, kneeOf, measurement, noise, throughput } from './simulation.ts';
import type { System } from './simulation.ts';

/** All settings of a machine, with three rounds of so much noise. */
function measureAll(
  cpus: number,
  systemWith: (workers: number) => System,
  jitter: () => number = () => 1,
): Figures[] {
  return workerSteps(cpus).flatMap((workers) =>
    outstandingSteps(workers).map((outstanding) => {
      const perSecond = throughput(systemWith(workers), outstanding);
      const rounds = [1, 2, 3].map(() => measurement(perSecond * jitter()));
      return figuresOf({ workers, outstanding, rounds });
    }),
  );
}

const cpuBound =
  (cpus: number, handOver: number) =>
  (workers: number): System => ({ servers: Math.min(workers, cpus), service: 1, handOver });
const serialised = (handOver: number) => (): System => ({ servers: 1, service: 1, handOver });

describe('the knee', () => {
  test('of a CPU-bound function has a worker for each CPU, and the outstanding tasks where the bounds meet', () => {
    const settings = {
      cpus: fc.constantFrom(1, 2, 4, 16),
      handOver: fc.double({ min: 0, max: 8, noNaN: true }),
    };
    fc.assert(
      fc.property(fc.record(settings), ({ cpus, handOver }) => {
        const systemWith = cpuBound(cpus, handOver);
        const { knee } = findKnee(measureAll(cpus, systemWith));
        const exact = kneeOf(systemWith(cpus));
        expect(knee.workers).toBe(cpus);
        expect(knee.outstanding).toBeGreaterThanOrEqual(exact * 0.95);
        expect(knee.outstanding).toBeLessThanOrEqual(exact * 2);
      }),
    );
  });

  test('of a function that is serialised has one worker', () => {
    const { knee } = findKnee(measureAll(4, serialised(3)));
    expect(knee).toMatchObject({ workers: 1, outstanding: 4 });
  });

  test('of a function that waits has as many workers as were tried', () => {
    const { knee } = findKnee(measureAll(2, (workers) => ({ servers: workers, service: 1, handOver: 0 })));
    expect(knee).toMatchObject({ workers: 4, outstanding: 4 });
  });

  test('is the top of a curve that falls after it', () => {
    const falling = [100, 200, 400, 300, 200].map((perSecond, index) => figures(1, 2 ** index, perSecond));
    expect(findKnee(falling).knee.outstanding).toBe(4);
  });

  test('gives away no more than 5 % where there is no noise, and nothing smaller does so', () => {
    const curve = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(curve, (rates) => {
        const all = rates.map((perSecond, index) => figures(1, index + 1, perSecond));
        const { knee, best } = findKnee(all);
        expect(best.perSecond).toBe(Math.max(...rates));
        expect(knee.perSecond).toBeGreaterThanOrEqual(best.perSecond * 0.95);
        for (const each of all.slice(0, knee.outstanding - 1)) {
          expect(each.perSecond).toBeLessThan(best.perSecond * 0.95);
        }
      }),
    );
  });

  test('is found in noise of 10 % in 9 of 10 cases, within a factor of 4 and a fifth of the throughput', () => {
    let missed = 0;
    let cases = 0;
    for (const handOver of [0, 0.5, 3, 7]) {
      for (let seed = 1; seed <= 50; seed++) {
        for (const systemWith of [cpuBound(2, handOver), serialised(handOver)]) {
          const { knee } = findKnee(measureAll(2, systemWith, noise(seed * 7919, 0.1)));
          const [system, best] = [systemWith(knee.workers), systemWith(2)];
          const loses = throughput(system, knee.outstanding) < 0.8 * throughput(best, 1000);
          if (loses || knee.workers > best.servers || knee.outstanding >= 4 * kneeOf(best)) missed++;
          cases++;
        }
      }
    }
    expect(missed).toBeLessThan(cases / 10);
  });

  test('needs figures', () => {
    expect(() => findKnee([])).toThrow(RangeError);
  });
});

test('noise is the spread of a setting as a rule, and unknown after one round', () => {
  const spreads = [0.1, 0.9, 0.2].map((spread, index) => figures(1, index + 1, 100, { spread }));
  expect(findKnee(spreads).noise).toBe(0.2);
  expect(findKnee([figures(1, 1, 100, { spread: undefined })]).noise).toBeUndefined();
});

test('more noise than a fifth is no licence for any setting', () => {
  const wild = [50, 74, 76, 100].map((perSecond, index) => figures(1, 2 ** index, perSecond, { spread: 3 }));
  expect(findKnee(wild).knee.perSecond).toBe(76);
});
