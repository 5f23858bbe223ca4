import fc from '../../support/fast-check.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HostLostError } from '../../../src/base/errors.ts';
import type { Future } from '../../../src/scheduler/job/future.ts';
import { tasks } from '../../../src/tasks/task-makers.ts';
import { FakeCluster } from '../support/fake-cluster.ts';
import type { Faults } from '../support/fake-cluster.ts';
import { executorOver, fakeUrl } from '../support/over-transport.ts';

const work = tasks<{ run: (id: number) => number }>(fakeUrl);
const maxPending = 200;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'setImmediate',
      'performance',
      'Date',
    ],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Sent {
  readonly id: number;
  readonly retries: number;
  readonly future: Future<number>;
  cancelled: boolean;
}

/** Submits tasks, cancels some of them, and lets the clock run until all have settled. */
async function play(
  cluster: FakeCluster,
  random: () => number,
  retries: number,
  cancels: number,
): Promise<Sent[]> {
  const executor = executorOver(cluster, maxPending);
  const sent: Sent[] = [];
  for (let id = 0; id < 150; id++) {
    const future = executor.trySubmit(work.run(id), { retries }) as Future<number>;
    future.outcome().catch(() => {});
    const task = { id, retries, future, cancelled: false };
    sent.push(task);
    if (random() < cancels) {
      setTimeout(() => {
        if (!future.done) task.cancelled = future.cancel();
      }, random() * 300);
    }
    if (random() < 0.1) await vi.advanceTimersByTimeAsync(random() * 20);
  }
  await vi.advanceTimersByTimeAsync(120_000);
  // The world heals, and everything comes to its end.
  cluster.faults = {};
  await vi.advanceTimersByTimeAsync(120_000);
  const stats = executor.stats();
  expect(stats).toMatchObject({
    pending: 0,
    running: 0,
    waiting: 0,
    pendingBytes: 0,
    submitted: sent.length,
  });
  expect(stats.fulfilled + stats.rejected + stats.cancelled).toBe(sent.length);
  // No place was lost.
  const more = Array.from({ length: maxPending }, (_, id) => executor.trySubmit(work.run(1000 + id)));
  expect(more.filter((future) => future === null)).toEqual([]);
  expect(executor.trySubmit(work.run(0))).toBeNull();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(executor.stats().pending).toBe(0);
  const closed = executor.shutdown();
  await vi.advanceTimersByTimeAsync(1000);
  await closed;
  expect(cluster.closed).toBe(true);
  return sent;
}

async function check(cluster: FakeCluster, sent: readonly Sent[]): Promise<void> {
  for (const { id, retries, future, cancelled } of sent) {
    const outcome = await future.outcome();
    const begins = cluster.begins.get(id) ?? 0;
    expect(begins, `begins of task ${id}`).toBeLessThanOrEqual(1 + retries);
    if (outcome.status === 'fulfilled') expect(outcome.value).toBe(id);
    else if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(HostLostError);
    expect(outcome.status === 'cancelled').toBe(cancelled);
    if (outcome.status === 'fulfilled') expect(begins).toBeGreaterThan(0);
  }
}

const kinds: Record<string, Partial<Faults>> = {
  'nothing goes wrong': {},
  'commands fail, done or not': { refuse: 0.2, lose: 0.2 },
  'replies come twice and late': { double: 0.3, late: 0.3 },
  'hosts die': { die: 0.02 },
  'hosts stand still': { freeze: 0.02 },
  'replies are deleted': { trim: 0.1 },
  'Redis loses everything': { empty: 0.02 },
  'all of it': {
    refuse: 0.1,
    lose: 0.1,
    double: 0.2,
    late: 0.1,
    trim: 0.02,
    freeze: 0.01,
    die: 0.01,
    empty: 0.01,
  },
};

describe.each(Object.entries(kinds))('%s:', (_, faults) => {
  test('each future settles, no task begins more than 1 + retries times, and no place is lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.nat(2), fc.constantFrom(0, 0.3), async (seed, retries, cancels) => {
        const random = randomOf(seed);
        const cluster = new FakeCluster(random, faults);
        await check(cluster, await play(cluster, random, retries, cancels));
      }),
      { numRuns: 8 },
    );
  });
});
