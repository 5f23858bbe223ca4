import { createHook } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { MessagePort } from 'node:worker_threads';
import { Executor } from 'millrace';
import type { Future } from 'millrace';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Gate } from '../support/gate.ts';
import { standingClock } from '../support/standing-clock.ts';
import { work } from '../support/work.ts';

/** What a thousand small tasks cost, in things that can be counted. */
const thousand = 1000;

let gate: Gate;
let executor: Executor;
beforeEach(async () => {
  gate = new Gate();
  executor = new Executor({ workers: 2, maxPending: 2 * thousand, ...standingClock });
  await executor.ready();
  for (let left = 40; left > 0; left--) await executor.run(work.add(left, 1));
});
afterEach(async () => {
  gate.open();
  await executor.shutdown({ mode: 'kill' });
  vi.restoreAllMocks();
});

/** Both threads wait at the gate while this runs; so all of it is pending when they go on. */
async function held<T>(submit: () => T): Promise<T> {
  const holding = [executor.run(work.pass(gate.shared)), executor.run(work.pass(gate.shared))];
  await gate.arrivals(2);
  const result = submit();
  gate.open();
  await Promise.all(holding);
  return result;
}

const submitAll = (): Future<number>[] =>
  Array.from({ length: thousand }, (_, n) => executor.trySubmit(work.add(n, 1)) as Future<number>);

/** Resolves when they have settled, without making a promise for any of them. */
function settled(futures: readonly Future<unknown>[]): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (futures.every(({ done }) => done)) resolve();
      else setImmediate(look);
    };
    look();
  });
}

test('few messages: they travel together', async () => {
  const sent = vi.spyOn(MessagePort.prototype, 'postMessage');
  const futures = await held(submitAll);
  await settled(futures);
  expect(futures.at(-1)?.state).toBe('fulfilled');
  // Guided self-scheduling: the batches shrink towards the end. A message each would be a thousand.
  expect(sent.mock.calls.length).toBeGreaterThan(3);
  expect(sent.mock.calls.length).toBeLessThan(60);
});

test('no promise, timer or listener of its own for a task whose outcome nobody asks for', async () => {
  const counts = new Map<string, number>();
  const hook = createHook({ init: (_, type) => counts.set(type, (counts.get(type) ?? 0) + 1) });
  const futures = await held(() => {
    hook.enable();
    const all = submitAll();
    hook.disable();
    return all;
  });
  // The dispatcher's next round.
  expect(Object.fromEntries(counts)).toEqual({ Immediate: 1 });
  hook.enable();
  await settled(futures);
  hook.disable();
  // Those of the waiting in this test, of the test runner at work meanwhile, and of the look for threads that stand still. One each
  // would be a thousand.
  expect(counts.get('Timeout') ?? 0).toBeLessThan(100);
  expect(counts.get('PROMISE') ?? 0).toBeLessThan(100);
});

test('one timer for a thousand deadlines, one listener for a thousand tasks of one signal', async () => {
  const counts = new Map<string, number>();
  const hook = createHook({ init: (_, type) => counts.set(type, (counts.get(type) ?? 0) + 1) });
  const { signal } = new AbortController();
  const futures = await held(() => {
    hook.enable();
    const all = Array.from(
      { length: thousand },
      (_, n) => executor.trySubmit(work.add(n, 1), { signal, deadlineMs: 600_000 + n }) as Future<number>,
    );
    hook.disable();
    return all;
  });
  expect(counts.get('Timeout')).toBe(1);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  await settled(futures);
});
