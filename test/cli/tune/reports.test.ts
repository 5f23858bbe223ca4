import * as charts from 'echarts';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { advise } from '../../../src/cli/tune/advice.ts';
import { curves } from '../../../src/cli/tune/curve.ts';
import { figuresOf } from '../../../src/cli/tune/figures.ts';
import { jsonReport } from '../../../src/cli/tune/json-report.ts';
import { findKnee } from '../../../src/cli/tune/knee.ts';
import type { Findings } from '../../../src/cli/tune/measure.ts';
import { drawSvg } from '../../../src/cli/tune/svg.ts';
import { table } from '../../../src/cli/tune/table.ts';
import { textReport } from '../../../src/cli/tune/text-report.ts';
import { measurement } from './simulation.ts';

function findings(
  rates: readonly (readonly [workers: number, outstanding: number, ...perSecond: number[]])[],
): Findings {
  const points = rates.map(([workers, outstanding, ...perSecond]) => ({
    workers,
    outstanding,
    rounds: perSecond.map((each) => measurement(each, outstanding)),
  }));
  const figures = points.map(figuresOf);
  const found = findKnee(figures);
  const circumstances = { load: { before: 0.01, during: [0.02] }, rounds: 2, seconds: 1 };
  return {
    task: 'file:///somewhere/<work> & "more".mjs#double',
    points,
    figures,
    found,
    advice: advise(figures, found, 2),
    circumstances,
    warnings: ['Something is not well.'],
  };
}

const usual = findings([
  [1, 1, 1000, 1020],
  [1, 2, 1010, 1010],
  [2, 1, 1000, 990],
  [2, 2, 1900, 1980],
  [2, 4, 2000, 2040],
  [2, 8, 2030, 2030],
  [4, 1, 990, 990],
  [4, 4, 2010, 2010],
]);

test('the table has a line for each setting, and marks the knee and the best', () => {
  expect(table(usual.figures, usual.found)).toBe(`\
workers  outstanding  tasks/s  p50 ms  p99 ms  CPUs  spread
      1            1    1,010    0.99    0.99     1     2 %
      1            2    1,010    1.98    1.98     1     0 %
      2            1      995    1.01    1.01     1     1 %
      2            2    1,940    1.03    1.03     1     4 %  ← knee
      2            4    2,020    1.98    1.98     1     2 %
      2            8    2,030    3.94    3.94     1     0 %  ← best
      4            1      990    1.01    1.01     1     0 %
      4            4    2,010    1.99    1.99     1     0 %`);
});

describe('the curves', () => {
  test('are two, each with its settings below it and a dot at the knee', () => {
    const [byWorkers = '', byOutstanding = '', ...others] = curves(usual.figures, usual.found, 80).split(
      '\n\n',
    );
    expect(others).toEqual([]);
    expect(byWorkers).toMatch(/ 1 +2 +4\n +workers$/);
    expect(byOutstanding).toMatch(/ 1 +2 +4 +8\n +outstanding tasks, 2 workers$/);
    for (const curve of [byWorkers, byOutstanding]) expect(curve.match(/●/g)).toHaveLength(1);
    expect(byOutstanding).toContain('2,030┤');
  });

  test.each([0, 1, 40, 80, 200])('fit into %i columns, or what they need at the least', (columns) => {
    for (const line of curves(usual.figures, usual.found, columns).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(Math.max(columns, 32));
    }
  });

  test('have no control characters', () => {
    // oxlint-disable-next-line no-control-regex
    expect(curves(usual.figures, usual.found, 80)).not.toMatch(/[\0-\x09\x0b-\x1f\x7f]/);
  });

  test('are left out where there is a single point', () => {
    const { figures, found } = findings([[1, 1, 5]]);
    expect(curves(figures, found, 80)).toBe('');
  });
});

test('the text says what to set, why, and what may be wrong', () => {
  const text = textReport(usual, undefined);
  expect(text).toContain(
    'Set new Executor({ workers: 2, maxPending: 0 }), or window: 2 for asCompleted() and map(); for millrace map: -j 2.',
  );
  expect(text).toContain('1,940 tasks are done in a second, and a result takes 1 ms (p50) or 1 ms (p99)');
  for (const reason of usual.advice.reasons) expect(text).toContain(reason);
  expect(text).toContain('Other processes took 1 %');
  expect(text).toMatch(/\n\nWarning: Something is not well\.\n$/);
});

test('the JSON has all figures, with their units', () => {
  const report = JSON.parse(jsonReport(usual));
  expect(report).toMatchObject({
    task: usual.task,
    machine: { node: process.version },
    secondsPerMeasurement: 1,
    rounds: 2,
    knee: { workers: 2, outstanding: 2, tasksPerSecond: 1940 },
    best: { workers: 2, outstanding: 8 },
    advice: { workers: 2, maxPending: 0, window: 2 },
    otherProcessesCpuShare: { before: 0.01, during: [0.02] },
    warnings: ['Something is not well.'],
  });
  expect(report.points).toHaveLength(8);
  expect(report.points[3]).toEqual({
    workers: 2,
    outstanding: 2,
    tasksPerSecond: 1940,
    latencyP50Ms: expect.closeTo(1.03, 2),
    latencyP99Ms: expect.closeTo(1.03, 2),
    busyCpus: 1,
    mainThreadBusyShare: 0.1,
    spreadShare: expect.closeTo(0.04, 2),
    rounds: [
      expect.objectContaining({ tasksPerSecond: 1900 }),
      expect.objectContaining({ tasksPerSecond: 1980 }),
    ],
  });
});

describe('the SVG', () => {
  test('is one that can be drawn, with a line for each number of workers and the knee', async () => {
    const svg = drawSvg(charts, usual);
    for (const text of [
      '1 worker',
      '2 workers',
      '4 workers',
      'knee',
      'outstanding tasks',
      'tasks/s',
      'p50, ms',
    ]) {
      expect(svg).toContain(`>${text}</text>`);
    }
    // librsvg takes nothing that is not well-formed.
    expect(await sharp(Buffer.from(svg)).metadata()).toMatchObject({
      format: 'svg',
      width: 860,
      height: 720,
    });
    await expect(sharp(Buffer.from(svg.slice(0, -10))).metadata()).rejects.toThrow();
  });

  test('can be drawn of a single point', async () => {
    const svg = drawSvg(charts, findings([[1, 1, 5, 5]]));
    expect(await sharp(Buffer.from(svg)).metadata()).toMatchObject({ format: 'svg' });
  });
});
