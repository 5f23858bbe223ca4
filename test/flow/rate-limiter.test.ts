import { getEventListeners } from 'node:events';
import fc from '../support/fast-check.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FlowClosedError, InvalidOptionError } from '../../src/base/errors.ts';
import { RateLimiter } from '../../src/flow/rate-limiter.ts';
import { Semaphore } from '../../src/flow/semaphore.ts';
import { reasonOf } from '../support/settling.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Milliseconds since the call, at which each of so many callers gets its turn. */
async function turns(rate: RateLimiter, count: number): Promise<number[]> {
  const begin = performance.now();
  const all = Array.from({ length: count }, async () => {
    await rate.acquire();
    return Math.round(performance.now() - begin);
  });
  await vi.runAllTimersAsync();
  return Promise.all(all);
}

describe('turns', () => {
  test('are evenly spaced', async () => {
    expect(await turns(new RateLimiter({ limit: 10 }), 5)).toEqual([0, 100, 200, 300, 400]);
    expect(await turns(new RateLimiter({ limit: 3, perMs: 100 }), 4)).toEqual([0, 34, 68, 102]);
  });

  test('after a pause as many at once as the burst, and then evenly again', async () => {
    const rate = new RateLimiter({ limit: 10, perMs: 1000, burst: 3 });
    expect(await turns(rate, 5)).toEqual([0, 0, 0, 100, 200]);
    await vi.advanceTimersByTimeAsync(200);
    expect(await turns(rate, 4)).toEqual([0, 0, 100, 200]);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(await turns(rate, 4)).toEqual([0, 0, 0, 100]);
  });

  test('more than a thousand a second come in bursts', async () => {
    const all = await turns(new RateLimiter({ limit: 10_000, burst: 20 }), 1020);
    expect(all.at(-1)).toBe(100);
  });

  test('may be taken several at once, and nobody overtakes', async () => {
    const rate = new RateLimiter({ limit: 10, burst: 4 });
    const log: string[] = [];
    await rate.acquire({ n: 4 });
    void rate.acquire({ n: 4 }).then(() => log.push(`large ${performance.now() - begin}`));
    void rate.acquire().then(() => log.push(`small ${performance.now() - begin}`));
    const begin = performance.now();
    expect([rate.tryAcquire(), rate.waiting]).toEqual([false, 2]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(log).toEqual(['large 400', 'small 500']);
  });

  test('tryAcquire never waits', async () => {
    const rate = new RateLimiter({ limit: 2, burst: 2 });
    expect([rate.tryAcquire(), rate.tryAcquire(), rate.tryAcquire()]).toEqual([true, true, false]);
    await vi.advanceTimersByTimeAsync(500);
    expect([rate.tryAcquire({ n: 2 }), rate.tryAcquire(), rate.tryAcquire()]).toEqual([false, true, false]);
  });

  test('may be further apart than a timer can be set', async () => {
    const day = 24 * 60 * 60 * 1000;
    const rate = new RateLimiter({ limit: 1, perMs: 60 * day });
    const timers = vi.spyOn(globalThis, 'setTimeout');
    expect(await turns(rate, 3)).toEqual([0, 60 * day, 120 * day]);
    // Two turns, each of them with three timers of at most 24.8 days.
    expect(timers.mock.calls.map(([, ms]) => ms).filter((ms = 0) => ms > 2 ** 31 - 1)).toEqual([]);
    expect(timers.mock.calls.length).toBeLessThanOrEqual(6);
    timers.mockRestore();
  });

  test('no timer runs unless somebody waits', async () => {
    const rate = new RateLimiter({ limit: 1 });
    expect(vi.getTimerCount()).toBe(0);
    await rate.acquire();
    expect(vi.getTimerCount()).toBe(0);
    const controller = new AbortController();
    const aborted = reasonOf(rate.acquire({ signal: controller.signal }));
    expect(vi.getTimerCount()).toBe(1);
    controller.abort('no');
    expect([await aborted, vi.getTimerCount()]).toEqual(['no', 0]);
  });
});

describe('a turn is charged when it starts, not when it is granted', () => {
  /** Time passes on the clock, and no timer and no promise has its turn: a blocked thread. */
  function blockable(): (ms: number) => void {
    let blockedMs = 0;
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + blockedMs);
    return (ms) => void (blockedMs += ms);
  }

  afterEach(() => void vi.restoreAllMocks());

  test.each(['use', 'acquire'] as const)('%s, with the thread blocked between the two', async (method) => {
    const block = blockable();
    const rate = new RateLimiter({ limit: 1, perMs: 500, burst: 3 });
    const begin = performance.now();
    const starts: number[] = [];
    const start = () => void starts.push(performance.now() - begin);
    const ask = () => {
      for (let left = 3; left > 0; left--)
        void (method === 'use' ? rate.use(start) : rate.acquire().then(start));
    };
    ask();
    block(1600);
    ask();
    await vi.runAllTimersAsync();
    expect(starts).toEqual([1600, 1600, 1600, 2100, 2600, 3100]);
  });

  test('tryAcquire gets nothing that has been granted to others, and charges at once', async () => {
    const block = blockable();
    const rate = new RateLimiter({ limit: 1, perMs: 500, burst: 3 });
    const granted = [rate.acquire(), rate.acquire()];
    block(5000);
    expect([rate.tryAcquire(), rate.tryAcquire()]).toEqual([true, false]);
    await Promise.all(granted);
    expect(rate.tryAcquire()).toBe(false);
    block(500);
    expect([rate.tryAcquire(), rate.tryAcquire()]).toEqual([true, false]);
  });

  test('a function that blocks holds up the starts behind it, and is charged with its own', async () => {
    const block = blockable();
    const rate = new RateLimiter({ limit: 1, perMs: 100, burst: 2 });
    const begin = performance.now();
    const starts: number[] = [];
    const call = () =>
      rate.use(() => {
        starts.push(performance.now() - begin);
        block(300);
      });
    await Promise.all([call(), call(), vi.runAllTimersAsync()]);
    await Promise.all([call(), call(), call(), vi.runAllTimersAsync()]);
    // The last one waits for a timer, which the blocks before it make late.
    expect(starts).toEqual([0, 300, 600, 900, 1300]);
  });

  test('never more than burst + limit × time / perMs start, whatever blocks the thread when', async () => {
    const step = fc.record({
      uses: fc.nat(5),
      tries: fc.nat(2),
      n: fc.integer({ min: 1, max: 3 }),
      abort: fc.boolean(),
      fnBlocksMs: fc.constantFrom(0, 0, 40, 700),
      blockMs: fc.constantFrom(0, 0, 130, 2500),
      pauseMs: fc.nat(300),
    });
    const setting = fc.record({
      limit: fc.integer({ min: 1, max: 20 }),
      burst: fc.integer({ min: 3, max: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(setting, fc.array(step, { maxLength: 15 }), async ({ limit, burst }, script) => {
        const block = blockable();
        const rate = new RateLimiter({ limit, burst });
        const starts: number[] = [];
        const asked: Promise<void>[] = [];
        const started = (n: number) => starts.push(...Array.from({ length: n }, () => performance.now()));
        for (const { uses, tries, n, abort, fnBlocksMs, blockMs, pauseMs } of script) {
          const controller = new AbortController();
          for (let left = uses; left > 0; left--) {
            const use = () => {
              started(n);
              block(fnBlocksMs);
            };
            asked.push(rate.use(use, { n, signal: controller.signal }).catch(() => {}));
          }
          for (let left = tries; left > 0; left--) if (rate.tryAcquire({ n })) started(n);
          block(blockMs);
          if (abort) controller.abort();
          await vi.advanceTimersByTimeAsync(pauseMs);
        }
        await vi.runAllTimersAsync();
        await Promise.all(asked);
        expect([rate.waiting, vi.getTimerCount()]).toEqual([0, 0]);
        for (const [first, from] of starts.entries())
          for (const [last, to] of starts.entries())
            if (last >= first)
              expect(last - first + 1).toBeLessThanOrEqual(burst + (limit * (to - from)) / 1000 + 1e-6);
        vi.restoreAllMocks();
      }),
      { numRuns: 60 },
    );
  });
});

test('in any stretch of perMs no more than limit + burst - 1 start, whatever is asked for when', async () => {
  const step = fc.record({
    ask: fc.nat(6),
    n: fc.integer({ min: 1, max: 3 }),
    abort: fc.constantFrom('none', 'none', 'before the pause', 'after it'),
    pauseMs: fc.nat(300),
  });
  const steps = fc.array(step, { maxLength: 40 });
  const setting = fc.record({
    limit: fc.integer({ min: 1, max: 50 }),
    burst: fc.integer({ min: 3, max: 10 }),
  });
  await fc.assert(
    fc.asyncProperty(setting, steps, async ({ limit, burst }, script) => {
      const rate = new RateLimiter({ limit, burst });
      const starts: number[] = [];
      const asked: Promise<void>[] = [];
      const started = (n: number) => starts.push(...Array.from({ length: n }, () => performance.now()));
      for (const { ask, n, abort, pauseMs } of script) {
        const controller = new AbortController();
        const { signal } = controller;
        for (let left = ask; left > 0; left--) {
          const turn = left % 2 === 0 ? rate.acquire({ n, signal }) : rate.use(() => {}, { n, signal });
          asked.push(
            turn.then(
              () => void started(n),
              () => {},
            ),
          );
        }
        if (rate.tryAcquire()) started(1);
        if (abort === 'before the pause') controller.abort();
        await vi.advanceTimersByTimeAsync(pauseMs);
        if (abort === 'after it') controller.abort();
      }
      await vi.runAllTimersAsync();
      await Promise.all(asked);
      expect([rate.waiting, vi.getTimerCount()]).toEqual([0, 0]);
      for (const [index, start] of starts.entries()) {
        const after = starts[index + limit + burst - 1];
        if (after !== undefined) expect(after - start).toBeGreaterThanOrEqual(1000 - 1e-6);
      }
    }),
    { numRuns: 100 },
  );
});

describe('an aborted wait', () => {
  test('rejects with the reason; the next one gets its turn', async () => {
    const rate = new RateLimiter({ limit: 10 });
    const begin = performance.now();
    const controller = new AbortController();
    await rate.acquire();
    const aborted = reasonOf(rate.acquire({ signal: controller.signal }));
    const next = rate.acquire().then(() => performance.now() - begin);
    controller.abort('no');
    expect(await aborted).toBe('no');
    await vi.runAllTimersAsync();
    expect(await next).toBe(100);
    expect(getEventListeners(controller.signal, 'abort').length).toBe(0);
  });

  test('of a large request lets a small one in that can start sooner', async () => {
    const rate = new RateLimiter({ limit: 10, burst: 5 });
    const begin = performance.now();
    const controller = new AbortController();
    await rate.acquire({ n: 5 });
    const large = reasonOf(rate.acquire({ n: 5, signal: controller.signal }));
    const small = rate.acquire().then(() => performance.now() - begin);
    controller.abort();
    await large;
    await vi.advanceTimersByTimeAsync(100);
    expect(await small).toBe(100);
  });

  test('of twenty thousand with one signal needs no stack', async () => {
    const rate = new RateLimiter({ limit: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    await rate.acquire();
    const all = Array.from({ length: 20_000 }, () => reasonOf(rate.acquire({ signal })));
    controller.abort('all');
    expect(new Set(await Promise.all(all))).toEqual(new Set(['all']));
    expect([rate.waiting, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test('with a signal aborted before takes no turn', async () => {
    const rate = new RateLimiter({ limit: 1 });
    expect(await reasonOf(rate.acquire({ signal: AbortSignal.abort('no') }))).toBe('no');
    expect(rate.tryAcquire()).toBe(true);
  });
});

describe('use', () => {
  test('calls the function in its turn, and passes on what becomes of it', async () => {
    const rate = new RateLimiter({ limit: 10 });
    const begin = performance.now();
    const call = (value: unknown) =>
      rate.use(() => {
        if (value instanceof Error) throw value;
        return [value, performance.now() - begin];
      });
    const error = new Error('no');
    const [first, second, third] = [call(1), reasonOf(call(error)), call(3)];
    await vi.runAllTimersAsync();
    expect([await first, await second, await third]).toEqual([[1, 0], error, [3, 200]]);
  });

  test('gives the turn back that it is aborted with, and calls nothing', async () => {
    const rate = new RateLimiter({ limit: 1, burst: 2 });
    const controller = new AbortController();
    let called = false;
    const aborted = reasonOf(rate.use(() => (called = true), { n: 2, signal: controller.signal }));
    const next = rate.acquire({ n: 2 });
    controller.abort('no');
    expect(await aborted).toBe('no');
    await next;
    expect([called, rate.waiting, vi.getTimerCount()]).toEqual([false, 0, 0]);
  });

  test('inside a semaphore keeps both bounds', async () => {
    const semaphore = new Semaphore(2);
    const rate = new RateLimiter({ limit: 10 });
    const begin = performance.now();
    const starts: number[] = [];
    let running = 0;
    let most = 0;
    const call = async () => {
      starts.push(performance.now() - begin);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 350));
      running--;
    };
    const all = Array.from({ length: 4 }, () => semaphore.use(() => rate.use(call)));
    await vi.runAllTimersAsync();
    await Promise.all(all);
    expect(starts).toEqual([0, 100, 350, 450]);
    expect(most).toBe(2);
  });
});

test('close refuses who waits and who comes, and stops the timer', async () => {
  const rate = new RateLimiter({ limit: 1 });
  await rate.acquire();
  const waiting = [reasonOf(rate.acquire()), reasonOf(rate.acquire())];
  rate.close();
  rate.close();
  for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(FlowClosedError);
  expect([vi.getTimerCount(), rate.waiting, rate.closed]).toEqual([0, 0, true]);
  expect(await reasonOf(rate.acquire())).toMatchObject({ message: 'the rate limiter is closed' });
  expect(() => rate.tryAcquire()).toThrow(FlowClosedError);
});

test.each([
  { limit: 1, perMs: Number.MAX_SAFE_INTEGER },
  { limit: 1, perMs: Number.MAX_SAFE_INTEGER, burst: 3 },
  { limit: 1, burst: Number.MAX_SAFE_INTEGER },
  { limit: Number.MAX_SAFE_INTEGER, perMs: Number.MAX_SAFE_INTEGER, burst: Number.MAX_SAFE_INTEGER },
  { limit: Number.MAX_SAFE_INTEGER, perMs: Number.MIN_VALUE, burst: 3 },
])('the largest options grant a burst, and nothing more than it early: %o', async (options) => {
  const { burst = 1, limit, perMs = 1000 } = options;
  const rate = new RateLimiter(options);
  for (let left = Math.min(burst, 3); left > 0; left--) expect(rate.tryAcquire()).toBe(true);
  if (perMs / limit > 1 && burst <= 3) expect(rate.tryAcquire()).toBe(false);
  if (burst > 3) {
    expect(rate.tryAcquire({ n: burst - 3 })).toBe(true);
    if (perMs / limit > 1) expect(rate.tryAcquire({ n: burst - 3 })).toBe(false);
  }
});

test('bad arguments are refused', async () => {
  for (const options of [
    {},
    { limit: 0 },
    { limit: 1.5 },
    { limit: 1, perMs: 0 },
    { limit: 1, perMs: Number.MAX_VALUE },
    { limit: 1, burst: 0 },
    { max: 1 },
  ]) {
    expect(() => new RateLimiter(options as never)).toThrow(InvalidOptionError);
  }
  const rate = new RateLimiter({ limit: 5, burst: 2 });
  for (const n of [0, 3, 1.5]) {
    expect(await reasonOf(rate.acquire({ n }))).toBeInstanceOf(InvalidOptionError);
    expect(() => rate.tryAcquire({ n })).toThrow(InvalidOptionError);
  }
  expect(await reasonOf(rate.use('fn' as never))).toBeInstanceOf(InvalidOptionError);
});
