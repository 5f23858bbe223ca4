import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { nextPatience } from '../../../../src/scheduler/dispatch/workers/idle-timeout.ts';
import { settlementOf } from '../../../support/settling.ts';
import { Harness } from '../../harness.ts';
import { moveOn } from '../../laws.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const started = ({ backend }: Harness) => backend.workers.length;

/** With workers that start on demand. */
const elastic = (options: ConstructorParameters<typeof Harness>[0] = {}) =>
  new Harness({ minWorkers: 0, ...options });

/** Lets virtual time pass, and what it brings about. */
async function pass(harness: Harness, ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  await harness.tick();
}

/** Lets everything end that is under way. */
async function settle(harness: Harness): Promise<void> {
  for (let acted = true; acted; ) {
    acted = false;
    for (const worker of harness.backend.alive) acted = moveOn(worker) || acted;
    await harness.tick();
  }
}

/** Boots workers as long as real ones take. */
async function boot(harness: Harness, ms = 30): Promise<void> {
  await pass(harness, ms);
  harness.backend.boot();
  await harness.tick();
}

/** Lets the scheduler learn how long a task of this name takes. */
async function teach(harness: Harness, name: string, ms: number): Promise<void> {
  harness.submit(name);
  if (harness.backend.alive.length === 0) throw new Error('no worker was started');
  await boot(harness);
  harness.backend.alive.find(({ batches }) => batches.length > 0)?.finish('learnt', { ms });
  await harness.tick();
}

describe('workers that start on demand', () => {
  test('none is started without work, and one with the first task, at once', () => {
    const harness = elastic({ workers: 4 });
    expect(started(harness)).toBe(0);
    expect(harness.scheduler.stats()).toMatchObject({ workers: 4, threads: 0, busy: 0 });
    harness.submit('a');
    expect(started(harness)).toBe(1);
    expect(harness.scheduler.stats()).toMatchObject({ threads: 1, pending: 1 });
  });

  test('one task after the other needs one worker', async () => {
    const harness = elastic({ workers: 4 });
    for (const name of 'abc') {
      harness.submit(name);
      await settle(harness);
    }
    expect(harness.show()).toBe('worker 0:\nfulfilled: a, b, c');
  });

  test('a burst of unknown tasks starts one for each, and no more than there may be', async () => {
    const harness = elastic({ workers: 4 });
    harness.submit('abc');
    await harness.tick();
    expect(started(harness)).toBe(3);
    harness.submit('defgh');
    await harness.tick();
    expect(started(harness)).toBe(4);
    await settle(harness);
    expect(harness.scheduler.stats()).toMatchObject({ fulfilled: 8, threads: 4 });
  });

  test('a task behind one of unknown length starts another', async () => {
    const harness = elastic();
    harness.submit('a');
    await boot(harness);
    harness.worker(0).claim();
    harness.submit('b');
    await harness.tick();
    expect(started(harness)).toBe(2);
    await boot(harness);
    harness.worker(1).finish();
    expect(harness.job('b').status).toBe('fulfilled');
  });

  test('a task behind a short one waits; if that goes on for longer than a boot, another is started', async () => {
    const harness = elastic();
    await teach(harness, 'a', 5);
    harness.submit('a');
    harness.worker(0).claim();
    harness.submit('a');
    await harness.tick();
    expect(started(harness)).toBe(1);
    await pass(harness, 100);
    expect(started(harness)).toBe(2);
  });

  test('so it is if both have travelled together', async () => {
    const harness = elastic();
    await teach(harness, 'a', 1);
    harness.submit('aa');
    harness.worker(0).claim();
    await pass(harness, 1);
    expect(started(harness)).toBe(1);
    await pass(harness, 100);
    expect(started(harness)).toBe(2);
    await boot(harness);
    expect(harness.worker(1).batches.length).toBe(1);
  });

  test('a task behind one that is known to take longer than a boot starts another', async () => {
    const harness = elastic();
    await teach(harness, 'a', 1000);
    harness.submit('a');
    harness.worker(0).claim();
    await pass(harness, 995);
    expect(started(harness)).toBe(1);
    harness.submit('a');
    await harness.tick();
    expect(started(harness)).toBe(2);
  });

  test('short tasks that never stop coming start more in time', async () => {
    const harness = elastic({ workers: 4, maxPending: 8 });
    await teach(harness, 'a', 1);
    for (let turn = 0; turn < 400; turn++) {
      harness.submit('a'.repeat(12 - harness.scheduler.stats().pending - harness.scheduler.stats().waiting));
      await pass(harness, 1);
      harness.backend.boot();
      for (const worker of harness.backend.alive)
        if (worker.batches.length > 0) worker.finish('done', { ms: 1 });
    }
    expect(started(harness)).toBe(4);
  });

  test.each([5, 20])('so do tasks of %d ms of which one always waits, whatever little', async (ms) => {
    const harness = elastic({ workers: 3, maxPending: 0 });
    await teach(harness, 'a', ms);
    harness.submit('aa');
    for (let turn = 0; turn < 20 && started(harness) === 1; turn++) {
      await pass(harness, ms);
      harness.worker(0).finish('done', { ms });
      harness.submit('a');
    }
    expect(started(harness)).toBe(2);
  });

  test('but not if the workers have pauses', async () => {
    const harness = elastic({ workers: 3, maxPending: 0 });
    await teach(harness, 'a', 5);
    for (let turn = 0; turn < 100; turn++) {
      harness.submit('aa');
      await pass(harness, 5);
      harness.worker(0).finish('done', { ms: 5 });
      await pass(harness, 5);
      harness.worker(0).finish('done', { ms: 5 });
      await harness.tick();
    }
    expect(started(harness)).toBe(1);
  });

  test('ready() starts all, and resolves when they are up', async () => {
    const harness = elastic({ workers: 3 });
    const ready = harness.scheduler.ready();
    expect(started(harness)).toBe(3);
    harness.worker(0).boot();
    harness.worker(1).boot();
    expect(await settlementOf(ready)).toBe('pending');
    harness.worker(2).boot();
    expect(await settlementOf(ready)).toBe('fulfilled');
    await harness.scheduler.ready();
    expect(started(harness)).toBe(3);
  });

  test('a forecast counts the boot of workers that are not up', async () => {
    const harness = elastic({ workers: 2, idleTimeoutMs: 1000 });
    await teach(harness, 'a', 10);
    expect(harness.scheduler.forecast().waitMs).toBe(0);
    await pass(harness, 1000);
    harness.worker(0).end(0);
    expect(harness.scheduler.stats().threads).toBe(0);
    expect(harness.scheduler.forecast().waitMs).toBe(30);
    harness.submit('a');
    vi.advanceTimersByTime(10);
    expect(harness.scheduler.forecast().waitMs).toBe(30);
  });

  test('one that cannot be started fails what waits, and the next submission tries again', async () => {
    const harness = elastic({ workers: 3 });
    harness.submit('a');
    for (const pauseMs of [50, 100, 200, 1000]) {
      harness.backend.alive[0]?.end(1, new Error('bad flag'));
      await pass(harness, pauseMs);
    }
    expect(started(harness)).toBe(4);
    expect(harness.job('a').value).toMatchObject({
      name: 'WorkerCrashedError',
      cause: { message: 'bad flag' },
    });
    expect(harness.scheduler.stats()).toMatchObject({ threads: 0, pending: 0 });
    harness.submit('b');
    await settle(harness);
    expect(harness.job('b').status).toBe('fulfilled');
  });

  test('a task that waits for its own tasks leaves the only worker to them', async () => {
    const harness = elastic({ workers: 1 });
    harness.submit('a');
    await boot(harness);
    harness.worker(0).claim();
    harness.worker(0).call('b', {}, [], false);
    harness.worker(0).park();
    await settle(harness);
    expect(harness.scheduler.stats()).toMatchObject({ fulfilled: 2, threads: 1 });
  });

  test('a task does not go where another one waits for its own, if a worker is to come', async () => {
    const harness = elastic({ workers: 2 });
    harness.submit('a');
    await boot(harness);
    harness.worker(0).claim();
    harness.worker(0).call('b', {}, [], false);
    harness.worker(0).park();
    await harness.tick();
    harness.submit('c');
    await harness.tick();
    expect(started(harness)).toBe(2);
    expect(harness.worker(0).batches).toEqual([]);
    await boot(harness);
    harness.worker(1).claim();
    harness.worker(1).end(1);
    expect(harness.job('a').done).toBe(false);
    await settle(harness);
    expect(harness.job('a').status).toBe('fulfilled');
  });

  test('nor where one is about to wait, of which its worker’s message has not come yet', async () => {
    const harness = elastic({ workers: 2 });
    harness.submit('a');
    await boot(harness);
    harness.worker(0).claim();
    harness.worker(0).call('b', {}, [], false);
    const [batch] = harness.worker(0).batches;
    batch?.claims.fill('moved');
    await harness.tick();
    expect(harness.worker(0).batches).toEqual([batch]);
    expect(started(harness)).toBe(2);
    batch?.claims.fill('running');
    await settle(harness);
    expect(harness.job('a').status).toBe('fulfilled');
  });

  test.each([
    ['can’t be started', (harness: Harness) => harness.backend.alive.at(-1)?.end(1, new Error('no memory'))],
    ['never comes up', () => {}],
  ])('but it does if that one %s', async (_, happens) => {
    const harness = elastic({ workers: 2 });
    harness.submit('a');
    await boot(harness);
    harness.worker(0).claim();
    harness.worker(0).call('b', {}, [], false);
    harness.worker(0).park();
    for (let left = 10; left > 0 && harness.worker(0).batches.length === 0; left--) {
      await harness.tick();
      happens(harness);
      await pass(harness, 100);
    }
    expect(harness.worker(0).batches).toHaveLength(1);
    await settle(harness);
    expect(harness.scheduler.stats()).toMatchObject({ fulfilled: 2 });
  });

  test.each(['drain', 'cancel', 'kill'] as const)(
    'shutdown in mode %s ends at once with none up',
    async (mode) => {
      const harness = elastic();
      expect(await settlementOf(harness.scheduler.shutdown(mode))).toBe('fulfilled');
      expect(started(harness)).toBe(0);
    },
  );

  test('a drain starts those that its tasks need', async () => {
    const harness = elastic({ workers: 2 });
    harness.submit('ab');
    const closed = harness.scheduler.shutdown('drain');
    await settle(harness);
    expect(await settlementOf(closed)).toBe('fulfilled');
    expect(harness.show()).toBe('fulfilled: a, b');
  });
});

describe('workers that are idle', () => {
  const idleTimeoutMs = 1000;

  /** With all of them up. */
  async function up(options: ConstructorParameters<typeof Harness>[0] = {}): Promise<Harness> {
    const harness = elastic({ idleTimeoutMs, ...options });
    void harness.scheduler.ready();
    await boot(harness);
    return harness;
  }

  test('end one at a time, the one used least first, down to minWorkers', async () => {
    const harness = await up({ workers: 3, minWorkers: 1 });
    harness.submit('a');
    await settle(harness);
    const used = harness.backend.workers.find(({ ran }) => ran.length > 0);
    await pass(harness, 5000);
    const leaving = () => harness.backend.alive.filter(({ state }) => state === 'terminating');
    expect(leaving()).toHaveLength(1);
    leaving()[0]?.end(0);
    await pass(harness, 1);
    expect(leaving()).toHaveLength(1);
    leaving()[0]?.end(0);
    await pass(harness, 5000);
    expect(harness.backend.alive).toEqual([used]);
    expect(harness.scheduler.stats().threads).toBe(1);
  });

  test('not before the time is up, counted from the last task', async () => {
    const harness = await up({ workers: 1 });
    await pass(harness, 900);
    harness.submit('a');
    await settle(harness);
    await pass(harness, 900);
    expect(harness.scheduler.stats().threads).toBe(1);
    await pass(harness, 101);
    expect(harness.scheduler.stats().threads).toBe(0);
  });

  test('what comes while one cleans up is served by the others, and by another one if there is none', async () => {
    const harness = await up({ workers: 2, minWorkers: 1 });
    await pass(harness, 1000);
    const [gone, other] = [0, 1]
      .map((index) => harness.worker(index))
      .toSorted((a) => (a.state === 'up' ? 1 : -1));
    expect(gone?.state).toBe('terminating');
    harness.submit('a');
    expect(other?.batches).toHaveLength(1);
    const alone = await up({ workers: 1 });
    await pass(alone, 1000);
    alone.submit('a');
    alone.backend.boot();
    expect(alone.show()).toBe('worker 0 (terminating):\nworker 1: [a]');
    alone.worker(1).finish();
    alone.worker(0).end(0);
    expect(alone.show()).toBe('worker 1:\nfulfilled: a');
  });

  test('stay while somebody waits for all to be ready', async () => {
    const harness = elastic({ workers: 2, idleTimeoutMs });
    const ready = harness.scheduler.ready();
    harness.worker(0).boot();
    await pass(harness, 5000);
    expect(harness.worker(0).state).toBe('up');
    harness.worker(1).boot();
    await ready;
    await pass(harness, 1000);
    expect(harness.backend.alive.map(({ state }) => state)).toContain('terminating');
  });

  test('stay where a task waits for its own, and go when that is through', async () => {
    const harness = await up({ workers: 2 });
    harness.submit('a');
    const parent = harness.backend.alive.find(({ batches }) => batches.length > 0);
    parent?.claim();
    parent?.call('b', {}, [], false);
    parent?.park();
    await harness.tick();
    const child = harness.backend.alive.find((worker) => worker !== parent);
    child?.claim();
    await pass(harness, 10_000);
    expect(parent?.state).toBe('up');
    child?.finish();
    await settle(harness);
    expect(harness.scheduler.stats().fulfilled).toBe(2);
    await pass(harness, 999);
    expect(harness.scheduler.stats().threads).toBe(2);
    await pass(harness, 1);
    expect(harness.scheduler.stats().threads).toBe(1);
  });

  test.each(['drain', 'cancel'] as const)(
    'shutdown in mode %s waits for one that cleans up',
    async (mode) => {
      const harness = await up({ workers: 1 });
      const leave = vi.spyOn(harness.worker(0), 'leave');
      await pass(harness, 1000);
      const closed = harness.scheduler.shutdown(mode);
      await harness.tick();
      expect(await settlementOf(closed)).toBe('pending');
      harness.worker(0).end(0);
      expect(await settlementOf(closed)).toBe('fulfilled');
      expect(leave).toHaveBeenCalledTimes(1);
    },
  );

  test.each([0.9, 1, 1.1, 1.9])('do not come and go: tasks at gaps of %d times the timeout', async (gap) => {
    const harness = elastic({ workers: 2, idleTimeoutMs });
    for (let period = 0; period < 100; period++) {
      harness.submit('a');
      await settle(harness);
      await pass(harness, gap * idleTimeoutMs);
    }
    await settle(harness);
    expect(harness.scheduler.stats().fulfilled).toBe(100);
    expect(started(harness)).toBeLessThanOrEqual(1 + 4);
  });

  test('are patient no longer after a quiet period', async () => {
    const harness = elastic({ workers: 1, idleTimeoutMs });
    const task = async (thenMs: number) => {
      harness.submit('a');
      await settle(harness);
      await pass(harness, thenMs);
      await settle(harness);
      return harness.scheduler.stats().threads;
    };
    expect(await task(1100)).toBe(0);
    expect(await task(1100)).toBe(1);
    expect(await task(10_000)).toBe(0);
    expect(await task(999)).toBe(1);
    expect(await task(1000)).toBe(0);
  });

  test('the next one waits twice as long if it was wanted again soon, eight times at most', () => {
    expect(nextPatience(1, 0, 1000)).toBe(2);
    expect(nextPatience(4, 2000, 1000)).toBe(8);
    expect(nextPatience(8, 2000, 1000)).toBe(8);
    expect(nextPatience(8, 2001, 1000)).toBe(1);
  });
});
