import fc from '../support/fast-check.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FlowClosedError, InvalidOptionError } from '../../src/base/errors.ts';
import { AdaptiveLimit } from '../../src/flow/adaptive-limit.ts';
import { limits } from '../../src/flow/index.ts';
import { Semaphore } from '../../src/flow/semaphore.ts';
import { reasonOf } from '../support/settling.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test('finds the capacity of a server, and never runs more than the limit', async () => {
  const server = new Semaphore(30);
  const adaptive = limits.adaptive();
  let running = 0;
  let mostRunning = 0;
  let mostAllowed = 0;
  const call = async () => {
    mostAllowed = Math.max(mostAllowed, adaptive.limit);
    mostRunning = Math.max(mostRunning, ++running);
    await server.use(() => sleep(20));
    running--;
  };
  let left = 10_000;
  const client = async () => {
    while (left-- > 0) await adaptive.use(call);
  };
  const clients = Promise.all(Array.from({ length: 200 }, client));
  await vi.advanceTimersByTimeAsync(3000);
  expect(adaptive.waiting).toBeGreaterThan(0);
  await vi.runAllTimersAsync();
  await clients;
  expect(mostRunning).toBeLessThanOrEqual(mostAllowed);
  expect(adaptive.limit).toBeGreaterThanOrEqual(28);
  expect(adaptive.limit).toBeLessThanOrEqual(45);
});

test('passes on what becomes of the call; overload lowers the limit, other failures do not', async () => {
  const adaptive = new AdaptiveLimit({ initial: 100, isOverload: (error) => error === 429 });
  expect(await adaptive.use(() => 'value')).toBe('value');
  expect(await reasonOf(adaptive.use(() => Promise.reject(new Error('no'))))).toMatchObject({
    message: 'no',
  });
  expect(adaptive.limit).toBe(100);
  expect(await reasonOf(adaptive.use(() => Promise.reject(429)))).toBe(429);
  expect(adaptive.limit).toBe(90);
});

test('never begins a call beyond the limit of that moment, whatever becomes of the calls', async () => {
  const call = fc.record({
    ms: fc.integer({ min: 1, max: 200 }),
    end: fc.constantFrom('returns', 'returns', 'fails', 'refused'),
    pauseMs: fc.nat(5),
    aborted: fc.boolean(),
  });
  const setting = fc.record({
    initial: fc.integer({ min: 2, max: 30 }),
    calls: fc.array(call, { minLength: 50, maxLength: 400, size: 'max' }),
  });
  await fc.assert(
    fc.asyncProperty(setting, async ({ initial, calls }) => {
      const adaptive = new AdaptiveLimit({
        initial,
        min: 2,
        max: 40,
        isOverload: (error) => error === 'refused',
      });
      let running = 0;
      const all: Promise<unknown>[] = [];
      for (const { ms, end, pauseMs, aborted } of calls) {
        const controller = new AbortController();
        const used = adaptive.use(
          async () => {
            expect(++running).toBeLessThanOrEqual(adaptive.limit);
            await sleep(ms);
            running--;
            if (end !== 'returns') throw end;
          },
          { signal: controller.signal },
        );
        all.push(used.catch((reason: unknown) => expect(['aborted', end]).toContain(reason)));
        await vi.advanceTimersByTimeAsync(pauseMs);
        if (aborted) controller.abort('aborted');
        expect(adaptive.limit).toBeGreaterThanOrEqual(2);
        expect(adaptive.limit).toBeLessThanOrEqual(40);
      }
      await vi.runAllTimersAsync();
      await Promise.all(all);
      expect([running, adaptive.waiting]).toEqual([0, 0]);
    }),
    { numRuns: 30 },
  );
});

test('a wait can be aborted, and the whole be closed', async () => {
  const adaptive = new AdaptiveLimit({ initial: 1 });
  const held = adaptive.use(() => sleep(10));
  const controller = new AbortController();
  const aborted = reasonOf(adaptive.use(() => {}, { signal: controller.signal }));
  const refused = reasonOf(adaptive.use(() => {}));
  controller.abort('no');
  adaptive.close();
  expect(adaptive.closed).toBe(true);
  expect(await aborted).toBe('no');
  expect(await refused).toBeInstanceOf(FlowClosedError);
  await vi.runAllTimersAsync();
  await held;
});

test('bad options are refused', async () => {
  const bad = [
    { initial: 0 },
    { min: 5, initial: 4 },
    { max: 5, initial: 6 },
    { min: 6, max: 5 },
    { limit: 1 },
  ];
  for (const options of bad) expect(() => new AdaptiveLimit(options as object)).toThrow(InvalidOptionError);
  expect([new AdaptiveLimit({ min: 50 }).limit, new AdaptiveLimit({ max: 5 }).limit]).toEqual([50, 5]);
  expect(await reasonOf(new AdaptiveLimit().use(5 as never))).toBeInstanceOf(InvalidOptionError);
  expect(await reasonOf(new AdaptiveLimit().use(() => 1, { n: 2 } as object))).toMatchObject({
    message: "unknown option 'n' (known: signal)",
  });
});
