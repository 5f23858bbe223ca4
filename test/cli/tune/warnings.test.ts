import { describe, expect, test } from 'vitest';
import { describeLoad, warningsOf } from '../../../src/cli/tune/warnings.ts';
import type { OtherLoad } from '../../../src/cli/tune/warnings.ts';
import { figures } from './simulation.ts';

const quiet: OtherLoad = { before: 0.01, during: [0.02, 0.01] };

function warnings(given: { load?: OtherLoad; noise?: number | undefined; p50Ms?: number }): string[] {
  const { load = quiet, p50Ms = 1 } = given;
  const noise = 'noise' in given ? given.noise : 0.02;
  const knee = figures(1, 1, 100, { p50Ms });
  return warningsOf({ knee, best: knee, noise }, { load, rounds: 3, seconds: 1 });
}

describe('warnings', () => {
  test('none when all is well', () => {
    expect(warnings({})).toEqual([]);
    expect(warnings({ load: { before: 0, during: [] } })).toEqual([]);
  });

  test('the machine was busy before, or meanwhile; a short moment is nothing', () => {
    const busy = [expect.stringContaining('busy with something else')];
    expect(warnings({ load: { before: 0.4, during: [] } })).toEqual(busy);
    expect(warnings({ load: { before: 0, during: [0.3, 0.2] } })).toEqual(busy);
    expect(warnings({ load: { before: 0, during: [0.5, 0, 0, 0, 0, 0] } })).toEqual([]);
  });

  test('the rounds lie apart, or nobody knows', () => {
    expect(warnings({ noise: 0.18 })).toEqual([expect.stringContaining('lie 18 % apart')]);
    expect(warnings({ noise: undefined })).toEqual([expect.stringContaining('--rounds 3')]);
  });

  test('the measurements are short for such results', () => {
    expect(warnings({ p50Ms: 400 })).toEqual([
      'A result takes 400 ms, and a measurement only 1 s: take more --seconds.',
    ]);
  });
});

test('the load of others is told with its highest second', () => {
  expect(describeLoad({ before: 0.034, during: [0.1, 0.3] })).toBe(
    "Other processes took 3 % of the machine's CPU time before, and 20 % meanwhile (at most 30 % in a second).",
  );
  expect(describeLoad({ before: 0, during: [] })).toContain('too short to tell');
});
