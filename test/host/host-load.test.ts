import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type HostLoad, HostLoadSampler, readHostLoad } from '../../src/host/host-load.ts';
import { patienceMs } from '../support/patience.ts';

const load = (cpuShare: number): HostLoad => ({ cpuShare, freeMemoryBytes: 1, totalMemoryBytes: 2 });

/** One CPU that has spent `busy` ticks working and `idle` ticks waiting since it was started. */
const cpu = (busy: number, idle: number): os.CpuInfo => ({
  model: 'test',
  speed: 1,
  times: { user: busy, nice: 0, sys: 0, idle, irq: 0 },
});

describe('within one process', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** What is read when the counters of the CPUs stand so before the second and so after it. */
  async function readBetween(before: os.CpuInfo[], after: os.CpuInfo[]): Promise<HostLoad> {
    vi.spyOn(os, 'cpus').mockReturnValueOnce(before).mockReturnValueOnce(after);
    const reading = readHostLoad();
    await vi.advanceTimersByTimeAsync(1_000);
    return reading;
  }

  test('cpuShare is the busy part of all ticks of all CPUs', async () => {
    const { cpuShare } = await readBetween([cpu(100, 900), cpu(0, 0)], [cpu(120, 980), cpu(5, 95)]);
    expect(cpuShare).toBeCloseTo(25 / 200);
  });

  test('the ends of the range are 0 and 1', async () => {
    expect((await readBetween([cpu(7, 0)], [cpu(7, 100)])).cpuShare).toBe(0);
    expect((await readBetween([cpu(0, 7)], [cpu(100, 7)])).cpuShare).toBe(1);
  });

  test.each([
    { name: 'no tick passed', before: [cpu(3, 4)], after: [cpu(3, 4)], share: 0 },
    { name: 'the system tells of no CPUs', before: [], after: [], share: 0 },
    { name: 'idle fell while as much was worked', before: [cpu(0, 50)], after: [cpu(10, 40)], share: 0 },
    { name: 'idle fell', before: [cpu(0, 50)], after: [cpu(30, 40)], share: 1 },
    { name: 'busy fell', before: [cpu(50, 0)], after: [cpu(40, 30)], share: 0 },
  ])('stays in range when $name', async ({ before, after, share }) => {
    expect((await readBetween(before, after)).cpuShare).toBe(share);
  });

  test('memory is in exact bytes', async () => {
    vi.spyOn(os, 'freemem').mockReturnValue(1_234_567_891);
    vi.spyOn(os, 'totalmem').mockReturnValue(9_876_543_211);
    expect(await readBetween([cpu(0, 0)], [cpu(1, 1)])).toEqual({
      cpuShare: 0.5,
      freeMemoryBytes: 1_234_567_891,
      totalMemoryBytes: 9_876_543_211,
    });
  });

  test('the sampler has nothing to show until the first second is over', async () => {
    const sampler = new HostLoadSampler();
    expect(sampler.latest).toBeUndefined();
    sampler.start();
    await vi.advanceTimersByTimeAsync(999);
    expect(sampler.latest).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(sampler.latest).toMatchObject({ totalMemoryBytes: os.totalmem() });
    sampler.stop();
  });

  test('it rests for a second between samples, and starting twice is starting once', async () => {
    const read = vi
      .fn<() => Promise<HostLoad>>()
      .mockResolvedValueOnce(load(0.1))
      .mockResolvedValueOnce(load(0.2));
    const sampler = new HostLoadSampler(read);
    sampler.start();
    sampler.start();
    await vi.advanceTimersByTimeAsync(999);
    sampler.start();
    expect(read).toHaveBeenCalledTimes(1);
    expect(sampler.latest).toEqual(load(0.1));
    await vi.advanceTimersByTimeAsync(1);
    expect(read).toHaveBeenCalledTimes(2);
    expect(sampler.latest).toEqual(load(0.2));
    sampler.stop();
  });

  test('stopped while it rests, it reads no more and keeps what it has', async () => {
    const read = vi.fn(() => Promise.resolve(load(0.1)));
    const sampler = new HostLoadSampler(read);
    sampler.start();
    await vi.advanceTimersByTimeAsync(0);
    sampler.stop();
    sampler.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(read).toHaveBeenCalledTimes(1);
    expect(sampler.latest).toEqual(load(0.1));
  });

  test('a sample that was under way when it stopped is dropped, even if it has started again', async () => {
    const ends: ((load: HostLoad) => void)[] = [];
    const sampler = new HostLoadSampler(() => new Promise((resolve) => ends.push(resolve)));
    sampler.start();
    sampler.stop();
    sampler.start();
    ends[0]?.(load(0.1));
    await vi.advanceTimersByTimeAsync(0);
    expect(sampler.latest).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
    ends[1]?.(load(0.2));
    await vi.advanceTimersByTimeAsync(0);
    expect(sampler.latest).toEqual(load(0.2));
    expect(vi.getTimerCount()).toBe(1);
    sampler.stop();
  });

  test('a sample that fails is left out', async () => {
    const read = vi
      .fn<() => Promise<HostLoad>>()
      .mockResolvedValueOnce(load(0.1))
      .mockRejectedValueOnce(new Error('no counters'))
      .mockResolvedValueOnce(load(0.3));
    const sampler = new HostLoadSampler(read);
    sampler.start();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(read).toHaveBeenCalledTimes(2);
    expect(sampler.latest).toEqual(load(0.1));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sampler.latest).toEqual(load(0.3));
    sampler.stop();
  });
});

describe('a process whose work has ended', () => {
  /** Runs the script beside the sampler's module; returns how many samples had begun when it exited. */
  function samplesUntilExit(script: string): number {
    const module = new URL('../../src/host/host-load.ts', import.meta.url).href;
    const source = `
      import { HostLoadSampler, readHostLoad } from ${JSON.stringify(module)};
      let samples = 0;
      const counted = (read) => () => { samples += 1; return read(); };
      process.on('exit', () => console.log(samples));
      ${script}
    `;
    // A sampler that holds its process does so for ever: the limit is only there to end the test then.
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', source], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      encoding: 'utf8',
      timeout: patienceMs,
    });
    expect(child, child.stderr).toMatchObject({ status: 0, signal: null });
    return Number(child.stdout);
  }

  test('exits after the sample that is under way, and begins no other', () => {
    expect(samplesUntilExit('new HostLoadSampler(counted(readHostLoad)).start();')).toBe(1);
  });

  test('does not wait for the rest between two samples', () => {
    expect(samplesUntilExit('new HostLoadSampler(counted(async () => ({}))).start();')).toBe(1);
  });
});
