import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Claim } from '../../../../src/scheduler/dispatch/backend.ts';
import { Harness } from '../../harness.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Four workers on two cores, and every function of one of these names has been seen to take so long. */
async function taught(names: string, ms: number): Promise<Harness> {
  const harness = Harness.booted({ workers: 4, cores: 2 });
  for (const name of names) {
    harness.submit(name);
    await harness.tick();
    harness.backend.alive.find((worker) => worker.batches.length > 0)?.finish('learnt', { ms });
  }
  harness.jobs.clear();
  return harness;
}

/** Jobs that each worker has, without those that were taken back. */
const shares = ({ backend }: Harness) =>
  backend.alive.map(({ batches }) => batches.flatMap(({ claims }) => claims).filter(isThere).length);
const isThere = (claim: Claim) => claim !== 'taken';

describe('while as many workers as cores are at brief work', () => {
  test('what is worth little goes to them', async () => {
    const harness = await taught('abcd', 0.01);
    harness.submit('abcd');
    await harness.tick();
    expect(shares(harness)).toEqual([0, 0, 2, 2]);
  });

  test('what is worth it wakes another', async () => {
    const harness = await taught('ab', 0.01);
    harness.submit('ab');
    harness.submit('a'.repeat(30));
    await harness.tick();
    expect(shares(harness).filter((jobs) => jobs > 0).length).toBeGreaterThan(2);
  });

  test('what is of unknown length wakes another', async () => {
    const harness = await taught('ab', 0.01);
    harness.submit('abx');
    await harness.tick();
    expect(shares(harness).filter((jobs) => jobs > 0)).toEqual([1, 1, 1]);
  });

  test('what takes longer than a message wakes another', async () => {
    const harness = await taught('abc', 1);
    harness.submit('abc');
    await harness.tick();
    expect(shares(harness).filter((jobs) => jobs > 0)).toEqual([1, 1, 1]);
  });
});

test('what was kept from a worker goes to it when those that are at work take longer than expected', async () => {
  const harness = await taught('abcd', 0.01);
  harness.submit('ab');
  await harness.tick();
  for (const worker of harness.backend.alive) worker.claim();
  harness.submit('cd');
  await harness.tick();
  expect(shares(harness)).toEqual([0, 0, 2, 2]);
  vi.advanceTimersByTime(20);
  await harness.tick();
  expect(shares(harness)).toEqual([1, 1, 1, 1]);
});

test('for what more urgent work displaces time and again, idle workers are woken in the end', async () => {
  const harness = await taught('aeu', 0.01);
  harness.submit('aa');
  await harness.tick();
  harness.submit('aa');
  await harness.tick();
  harness.submit('e', { priority: -1 });
  await harness.tick();
  expect(harness.job('e').status).toBe('queued');
  const busy = () => shares(harness).filter((jobs) => jobs > 0).length;
  let turns = 0;
  for (; turns < 8 && busy() === 2; turns++) {
    vi.advanceTimersByTime(3);
    for (const worker of harness.backend.alive) {
      if (worker.batches.length === 0) continue;
      harness.submit('u');
      worker.finish('done', { ms: 0.01 });
    }
    await harness.tick();
  }
  expect(busy()).toBe(4);
});

test('a function of which one call in six takes long wakes other workers', async () => {
  const harness = await taught('ab', 0.01);
  for (let call = 0; call < 300; call++) {
    harness.submit('a');
    await harness.tick();
    const worker = harness.backend.alive.find(({ batches }) => batches.length > 0);
    worker?.finish('learnt', { ms: call % 6 === 0 ? 5 : 0.01 });
  }
  harness.submit('bb');
  await harness.tick();
  harness.submit('a');
  await harness.tick();
  expect(shares(harness).filter((jobs) => jobs > 0)).toEqual([1, 1, 1]);
});
