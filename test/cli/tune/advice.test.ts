import { describe, expect, test } from 'vitest';
import { advise } from '../../../src/cli/tune/advice.ts';
import type { Advice } from '../../../src/cli/tune/advice.ts';
import { findKnee } from '../../../src/cli/tune/knee.ts';
import type { Figures } from '../../../src/cli/tune/figures.ts';
import { figures } from './simulation.ts';

const adviceOn = (all: readonly Figures[], cpus = 2): Advice => advise(all, findKnee(all), cpus);

describe('workers', () => {
  test.each([
    ['the CPUs', { cpus: 1.98 }, 'all 2 CPUs are busy'],
    [
      'the main thread',
      { cpus: 1.98, mainThread: 0.8 },
      'the main thread hands out tasks for 80 % of the time',
    ],
    ['waiting for something shared', { cpus: 0.3 }, '0.3 of 2 CPUs are busy, so the function waits'],
    ['something else', { cpus: 1.6 }, '1.6 of 2 CPUs are busy, so something else'],
  ])('more gain nothing because of %s', (_, use, why) => {
    const all = [figures(1, 1, 50), figures(2, 2, 100, use), figures(4, 4, 101)];
    const { workers, reasons } = adviceOn(all);
    expect(workers).toBe(2);
    expect(reasons[0]).toContain(
      `2 workers reach 99 % of the best throughput, and more of them gain nothing: ${why}`,
    );
  });

  test('one is enough on a machine with one CPU', () => {
    const all = [figures(1, 1, 100, { cpus: 0.99 }), figures(2, 2, 100)];
    expect(adviceOn(all, 1).reasons[0]).toBe(
      '1 worker reaches 100 % of the best throughput, and more of them gain nothing: the only CPU is busy.',
    );
  });

  test('that more gain nothing is only what could be measured, if the measurements vary', () => {
    const all = [figures(1, 1, 90, { spread: 0.15, cpus: 2 }), figures(2, 2, 100, { spread: 0.15 })];
    expect(adviceOn(all).reasons[0]).toContain(
      '1 worker reaches 90 % of the best throughput, and more of them gain nothing that could be measured',
    );
  });

  test('the throughput still grows', () => {
    const waiting = [figures(1, 1, 50), figures(2, 2, 100), figures(4, 4, 200, { cpus: 0.2 })];
    expect(adviceOn(waiting).reasons[0]).toMatch(
      /still grows at 4 workers.*--max-workers.*Only 0.2 of 2 CPUs.*millrace\/flow/,
    );
    const computing = [figures(1, 1, 50), figures(2, 2, 100, { cpus: 1.9 })];
    expect(adviceOn(computing).reasons[0]).toMatch(/still grows at 2 workers.*--max-workers\.$/);
  });

  test('only one was measured', () => {
    expect(adviceOn([figures(1, 1, 100), figures(1, 2, 100)]).reasons[0]).toBe('Only 1 worker was measured.');
  });
});

describe('outstanding tasks', () => {
  test('none needs to wait behind those that run', () => {
    const all = [
      figures(1, 1, 50),
      figures(2, 1, 50),
      figures(2, 2, 100),
      figures(2, 8, 101),
      figures(4, 4, 100),
    ];
    expect(adviceOn(all)).toMatchObject({ workers: 2, maxPending: 0, window: 2 });
    expect(adviceOn(all).reasons.slice(1)).toEqual([
      'No task needs to wait for a worker: to hand one over takes next to nothing of the time that it runs.',
      'With 8 outstanding it is 101 % of that throughput, and a result takes 79 ms instead of 20 ms.',
    ]);
  });

  test('some wait, so that the workers need not', () => {
    const all = [
      figures(2, 1, 30),
      figures(2, 2, 60),
      figures(2, 4, 80),
      figures(2, 8, 100),
      figures(2, 16, 100),
    ];
    expect(adviceOn(all)).toMatchObject({ workers: 2, maxPending: 6, window: 8 });
    expect(adviceOn(all).reasons[1]).toBe(
      'With one for each worker the workers idle between tasks: 60 % of the best throughput.',
    );
  });

  test('the throughput still grows with the most', () => {
    const all = [figures(1, 1, 10), figures(1, 128, 50), figures(1, 256, 100)];
    expect(adviceOn(all).reasons.at(-1)).toContain('still grows at 256 outstanding tasks');
  });

  test('fewer than workers leave nothing pending', () => {
    expect(adviceOn([figures(4, 1, 100), figures(4, 4, 100)])).toMatchObject({ maxPending: 0, window: 1 });
  });
});
