import { describe, expect, test } from 'vitest';
import { progressLine } from '../../src/cli/progress-line.ts';
import { Rate } from '../../src/cli/rate.ts';

const facts = {
  done: 50,
  failed: 0,
  total: 200,
  perSecond: 12.4,
  bytesPerSecond: 0,
  busy: 2,
  workers: 2,
  cpuShare: 0.994,
};

describe('the progress line', () => {
  test('shows how far it is, how fast, and for how long', () => {
    const line = progressLine(facts, 80);
    expect(line).toMatch(/^█+░+ {2}50\/200 {2}12\/s {2}0:13 left {2}workers 2\/2 {2}CPU 99 %$/);
    const [done, open] = ['█', '░'].map((mark) => line.split(mark).length - 1) as [number, number];
    expect(done / (done + open)).toBeCloseTo(0.25, 1);
  });

  test('tells no more than it knows', () => {
    const early = {
      done: 0,
      total: undefined,
      failed: 0,
      perSecond: undefined,
      bytesPerSecond: undefined,
      busy: 0,
      workers: 2,
      cpuShare: undefined,
    };
    expect(progressLine(early, 80)).toBe('0 done  workers 0/2');
    expect(progressLine({ ...facts, perSecond: 0 }, 80)).not.toContain('left');
    expect(progressLine({ ...facts, total: 0, done: 0 }, 80)).toContain('0/0');
  });

  test('shows failures so far, and bytes a second', () => {
    const line = progressLine({ ...facts, failed: 3, bytesPerSecond: 1.5 * 1024 ** 2 }, 120);
    expect(line).toContain('50/200  3 failed  12/s  0:13 left  1.5 MiB/s  workers 2/2');
    const rates = [1, 1023, 1024, 200 * 1024 ** 2, 3 * 1024 ** 3].map(
      (bytesPerSecond) => /(\S+ \S*B)\/s/.exec(progressLine({ ...facts, bytesPerSecond }, 120))?.[1],
    );
    expect(rates).toEqual(['1 B', '1023 B', '1.0 KiB', '200 MiB', '3.0 GiB']);
  });

  test('says long times in hours', () => {
    expect(progressLine({ ...facts, perSecond: 0.01 }, 80)).toContain('0.0/s  4:10:00 left');
  });

  test('fits any terminal, with room for ^C', () => {
    for (let columns = 1; columns < 120; columns++) {
      expect(progressLine(facts, columns).length).toBeLessThanOrEqual(Math.max(0, columns - 3));
    }
  });
});

test('Rate is the growth of the last ten seconds', () => {
  const rate = new Rate();
  expect(rate.sample(0, 0)).toBeUndefined();
  expect(rate.sample(1000, 100)).toBe(100);
  expect(rate.sample(2000, 100)).toBe(50);
  for (let second = 3; second <= 12; second++) rate.sample(second * 1000, 100);
  expect(rate.sample(13_000, 200)).toBe(10);
});
