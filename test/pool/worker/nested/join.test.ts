import { tasks } from 'millrace';
import type { Executor } from 'millrace';
import { beforeEach, describe, expect } from 'vitest';
import { Offers } from '../../../../src/pool/worker/nested/offers.ts';
import type { Task } from '../../../../src/tasks/task.ts';
import { test as plain } from '../../../support/executor-test.ts';
import { reasonOf } from '../../../support/settling.ts';

const nested = tasks<typeof import('../../../fixtures/nested.mjs')>(
  new URL('../../../fixtures/nested.mjs', import.meta.url),
);

/** `start` makes an executor all of whose workers are up. */
const test = plain.extend<{ readonly start: (workers: number) => Promise<Executor> }>({
  start: ({ makeExecutor }, use) =>
    use(async (workers) => {
      const executor = makeExecutor({ workers });
      await executor.ready();
      return executor;
    }),
});

describe('join', () => {
  test('runs both branches at hand when there is no other worker', async ({ start }) => {
    const executor = await start(1);
    const [a, b, own] = await executor.run(nested.joinThreads());
    expect([a, b]).toEqual([own, own]);
    expect(executor.stats().submitted).toBe(1);
  });

  test('runs them side by side when another worker has nothing to do', async ({ gate, start }) => {
    const executor = await start(2);
    const [a, b] = await executor.run(nested.joinAtGate(gate.shared));
    expect(a).not.toBe(b);
    expect(executor.stats().submitted).toBe(2);
  });

  test('keeps both at hand while the other worker has something to do', async ({ gate, start }) => {
    const executor = await start(2);
    const busy = executor.run(nested.pass(gate.shared));
    await gate.arrivals();
    const [a, b, own] = await executor.run(nested.joinThreads());
    expect([a, b]).toEqual([own, own]);
    gate.open();
    await busy;
  });

  test('ships little of a tree of small tasks, and gets all of it', async ({ start }) => {
    const executor = await start(2);
    expect(await executor.run(nested.joinTree(14))).toBe(2 ** 14);
    // 16,383 joins: each could have shipped a branch.
    expect(executor.stats().submitted).toBeLessThan(2000);
  });

  test('rejects with the failure of the first, and does not begin the second', async ({ gate, start }) => {
    const executor = await start(1);
    expect(await reasonOf(executor.run(nested.joinFailing(gate.shared)))).toMatchObject({ message: 'left' });
    expect(gate.count).toBe(0);
  });

  test('tells the second to stop when the first has failed', async ({ gate, start }) => {
    const executor = await start(2);
    expect(await executor.run(nested.joinFailingLate(gate.shared))).toBe('left');
    await executor.shutdown();
    expect(executor.stats()).toMatchObject({ fulfilled: 1, cancelled: 1 });
  });

  test('keeps its thread while the first waits for something else', async ({ gate, start }) => {
    const executor = await start(2);
    const joined = executor.run(nested.joinAsynchronous(gate.shared));
    expect(await joined).toBe(true);
  });

  test('hands the arguments themselves to what runs at hand', async ({ start }) => {
    const executor = await start(1);
    expect(await executor.run(nested.joinSame({ x: 1 }))).toBe(true);
  });

  test('refuses what is no task', async ({ start }) => {
    const executor = await start(1);
    expect(await reasonOf(executor.run(nested.joinAny(1, 2)))).toMatchObject({ name: 'InvalidTaskError' });
  });
});

describe('offers', () => {
  const task = (name: string) => ({ name }) as unknown as Task<unknown>;
  const sent: string[] = [];
  const send = ({ name }: Task<unknown>) => {
    sent.push(name);
    return { result: () => Promise.resolve(), cancel() {} };
  };
  const idle = (count: number) => new Int32Array(new SharedArrayBuffer(4)).fill(count);
  beforeEach(() => {
    sent.length = 0;
  });

  test('are not sent while every worker has something to do', () => {
    const offers = new Offers(idle(0), 8, send);
    const branches = ['a', 'b', 'c'].map((name) => offers.add(task(name)));
    expect(sent).toEqual([]);
    expect(branches.every((branch) => branch.sent === null)).toBe(true);
  });

  test('are sent oldest first', () => {
    const words = idle(0);
    const offers = new Offers(words, 8, send);
    offers.add(task('a'));
    offers.add(task('b'));
    words.fill(1);
    offers.add(task('c'));
    expect(sent).toEqual(['a']);
    offers.add(task('d'));
    expect(sent).toEqual(['a', 'b']);
  });

  test('stay if they cannot be sent', () => {
    const offers = new Offers(idle(1), 8, () => {
      throw new Error('could not be cloned');
    });
    expect(offers.add(task('a')).sent).toBe(null);
  });

  test('are not sent once they were taken to be run at hand', () => {
    const words = idle(0);
    const offers = new Offers(words, 8, send);
    const a = offers.add(task('a'));
    offers.remove(a);
    words.fill(1);
    offers.add(task('b'));
    expect(sent).toEqual(['b']);
  });

  test('are sent in no greater number at once than there are workers', () => {
    const offers = new Offers(idle(1), 2, send);
    const start = performance.now();
    let count = 0;
    // All within a fraction of a beat, or the machine is too slow to tell.
    while (count < 10 && performance.now() - start < 0.3) offers.add(task(`${count++}`));
    expect(sent.length).toBeLessThanOrEqual(2);
    expect(sent[0]).toBe('0');
  });
});
