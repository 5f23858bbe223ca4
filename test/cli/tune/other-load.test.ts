import { cpus } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { OtherLoadWatch, readOtherLoad } from '../../../src/cli/tune/other-load.ts';

const load = (cpuShare: number) => () =>
  Promise.resolve({ cpuShare, freeMemoryBytes: 1, totalMemoryBytes: 2 });

describe('the load of other processes', () => {
  afterEach(() => vi.restoreAllMocks());

  /** What is read when this process has used so much of all CPUs within a second. */
  async function read(hostShare: number, ownShare: number): Promise<number> {
    const ownUs = ownShare * cpus().length * 1e6;
    vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValueOnce(1000);
    vi.spyOn(process, 'cpuUsage')
      .mockReturnValueOnce({ user: 5, system: 5 })
      .mockReturnValueOnce({ user: ownUs * 0.75, system: ownUs * 0.25 });
    return readOtherLoad(load(hostShare));
  }

  test('is the host’s without our own', async () => {
    expect(await read(0.9, 0.5)).toBeCloseTo(0.4);
    expect(await read(0.3, 0)).toBeCloseTo(0.3);
  });

  test('is never below nothing: two clocks differ a little', async () => {
    expect(await read(0.5, 0.52)).toBe(0);
  });
});

test('a watch has one reading after the other, and none that had not ended', async () => {
  const ends: ((share: number) => void)[] = [];
  const watch = new OtherLoadWatch(() => new Promise((resolve) => ends.push(resolve)));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  for (const share of [0.1, 0.2]) {
    expect(ends).toHaveLength(1);
    ends.pop()?.(share);
    await turn();
  }
  const seen = watch.stop();
  ends.pop()?.(0.9);
  await turn();
  expect(seen).toEqual([0.1, 0.2]);
  expect(ends, 'stopped').toHaveLength(0);
});
