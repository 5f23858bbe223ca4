import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Executor, ExecutorClosedError, TaskTimeoutError, WorkerCrashedError } from 'millrace';
import { describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import type { Gate } from '../support/gate.ts';
import { runScript } from '../support/run-script.ts';
import { generators } from '../support/generators.ts';
import { collect, reasonOf, rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });

const endless = (executor: Executor, gate: Gate, window = 4) =>
  executor.iterate(generators.count(1e9, gate.shared), { window });

describe('leaving the loop', () => {
  test.for([1, 4, 1000])(
    'runs the finally before the loop is over, with a window of %i',
    async (window, { executor, gate }) => {
      for await (const n of endless(executor, gate, window)) if (n === 5) break;
      expect(gate.arrived).toBe(1);
      expect(executor.stats()).toMatchObject({ running: 0, suspended: 0, pending: 0, cancelled: 1 });
    },
  );

  test('that of an asynchronous generator as well', async ({ executor, gate }) => {
    for await (const n of executor.iterate(generators.countLater(1e9, gate.shared))) if (n === 5) break;
    expect(gate.arrived).toBe(1);
  });

  test('before it began is enough', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    await executor.submit(work.pass(gate.shared));
    await gate.arrivals();
    const waiting = endless(executor, gate);
    const first = waiting.next();
    expect(await waiting.return()).toEqual({ done: true, value: undefined });
    expect(await first).toEqual({ done: true, value: undefined });
    expect(executor.stats()).toMatchObject({ waiting: 0, cancelled: 1 });
    gate.open();
    await executor.shutdown();
    expect(gate.count).toBe(0);
  });

  test('by await using', async ({ executor, gate }) => {
    const iteration = endless(executor, gate);
    await iteration[Symbol.asyncDispose]();
    expect(iteration.future.state).toBe('cancelled');
    expect(await iteration.next()).toEqual({ done: true, value: undefined });
  });

  test('ends a thread that does not stop, if it may be interrupted', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, interruptGraceMs: 10 });
    const iteration = executor.iterate(generators.stuck(gate.shared), { interrupt: true });
    await gate.counted(1);
    await iteration.return();
    expect(await executor.run(work.echo(1))).toBe(1);
  });
});

describe('a signal', () => {
  test('aborted beforehand refuses it', async ({ executor, gate }) => {
    const iteration = executor.iterate(generators.count(1, gate.shared), { signal: AbortSignal.abort('no') });
    expect(await reasonOf(iteration.next())).toBe('no');
    expect(executor.stats()).toMatchObject({ submitted: 1, cancelled: 1 });
  });

  test('ends it after what had arrived, with its reason, and the finally runs', async ({
    executor,
    gate,
  }) => {
    const controller = new AbortController();
    const iteration = executor.iterate(generators.count(1e9, gate.shared), {
      window: 4,
      signal: controller.signal,
    });
    await gate.counted(4);
    await expect.poll(() => executor.stats().suspended).toBe(1);
    controller.abort('enough');
    expect(iteration.future.state).toBe('cancelled');
    const items: number[] = [];
    const reason = await reasonOf(
      (async () => {
        for await (const n of iteration) items.push(n);
      })(),
    );
    expect(reason).toBe('enough');
    expect(items).toEqual([0, 1, 2, 3]);
    await gate.arrivals(1);
    await expect.poll(() => executor.stats().busy).toBe(0);
  });

  test('is seen by the generator while it runs', async ({ executor, gate }) => {
    const controller = new AbortController();
    const iteration = executor.iterate(generators.untilStopped(gate.shared), { signal: controller.signal });
    await iteration.next();
    const reading = reasonOf(collect(iteration));
    controller.abort('enough');
    expect(await reading).toBe('enough');
    await gate.arrivals(1);
  });

  test('has its reason in the thread', async ({ executor, gate }) => {
    const controller = new AbortController();
    const { signal } = controller;
    const iteration = executor.iterate(generators.reasonOfStop(gate.shared), { signal });
    await gate.counted(1);
    controller.abort('enough');
    await gate.arrivals(1);
    expect(gate.count).toBe(2);
    expect(await reasonOf(collect(iteration))).toBe('enough');
  });
});

describe('time', () => {
  test('of the reader is no run time', async ({ executor, gate }) => {
    const iteration = executor.iterate(generators.count(12, gate.shared), { window: 2, timeoutMs: 3000 });
    let items = 0;
    for await (const n of iteration) {
      expect(n).toBe(items++);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(items).toBe(12);
  });

  test('of the generator is', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, interruptGraceMs: 10 });
    // The module is loaded, and the time begins with the first item.
    expect(await collect(executor.iterate(generators.slowly(1, 0)))).toHaveLength(1);
    const iteration = executor.iterate(generators.slowly(10_000, 10), { window: 2, timeoutMs: 2000 });
    let items = 0;
    const reason = await reasonOf(
      (async () => {
        for await (const _ of iteration) items++;
      })(),
    );
    expect(reason).toBeInstanceOf(TaskTimeoutError);
    expect(items).toBeGreaterThan(0);
    expect(items).toBeLessThan(10_000);
    expect(await executor.run(work.echo(1))).toBe(1);
  });

  test('from submission is limited by deadlineMs, whoever needs it', async ({ executor, gate }) => {
    await executor.run(generators.notOne(1));
    const iteration = executor.iterate(generators.count(1e9, gate.shared), { window: 2, deadlineMs: 3000 });
    await gate.counted(2);
    expect(await reasonOf(iteration.future.result())).toBeInstanceOf(TaskTimeoutError);
    await gate.arrivals(1);
    expect(await reasonOf(collect(iteration))).toBeInstanceOf(TaskTimeoutError);
  });
});

describe('a crash', () => {
  test('comes after what had arrived', async ({ executor }) => {
    const items: number[] = [];
    const reason = await reasonOf(
      (async () => {
        for await (const n of executor.iterate(generators.thenExit(700))) items.push(n);
      })(),
    );
    expect(reason).toBeInstanceOf(WorkerCrashedError);
    expect(items).toEqual(Array.from({ length: 700 }, (_, n) => n));
  });

  test('while its reader is slow fails it, too', async ({ executor, gate }) => {
    const iteration = endless(executor, gate, 3);
    await gate.counted(3);
    await expect.poll(() => executor.stats().suspended).toBe(1);
    await reasonOf(executor.run(work.exit(1)));
    expect(await reasonOf(iteration.future.result())).toBeInstanceOf(WorkerCrashedError);
    expect(await iteration.next()).toEqual({ done: false, value: 0 });
    expect(executor.stats().suspended).toBe(0);
  });

  test('is retried if nothing was yielded', async ({ executor, gate }) => {
    const iteration = executor.iterate(generators.exitOnce(gate.shared, false), { retries: 1 });
    expect(await collect(iteration)).toEqual(['second']);
    expect(gate.count).toBe(2);
  });

  test('is never retried if something was', async ({ executor, gate }) => {
    const iteration = executor.iterate(generators.exitOnce(gate.shared, true), { retries: 5 });
    expect(await iteration.next()).toEqual({ done: false, value: 'first' });
    expect(await reasonOf(iteration.next())).toBeInstanceOf(WorkerCrashedError);
    expect(gate.count).toBe(1);
  });
});

describe('shutdown', () => {
  test('drain lets it be read to its end', async ({ executor, gate }) => {
    const iteration = executor.iterate(generators.count(50, gate.shared), { window: 4 });
    await iteration.next();
    const closed = executor.shutdown();
    expect(await collect(iteration)).toHaveLength(49);
    await closed;
    expect(gate.arrived).toBe(1);
  });

  test('drain is over when it is left', async ({ executor, gate }) => {
    const iteration = endless(executor, gate);
    await iteration.next();
    const closed = executor.shutdown();
    await iteration.return();
    await closed;
    expect(gate.arrived).toBe(1);
  });

  test('cancel ends it after what had arrived, and the finally runs', async ({ executor, gate }) => {
    const iteration = endless(executor, gate);
    await iteration.next();
    await expect.poll(() => executor.stats().suspended).toBe(1);
    await executor.shutdown({ mode: 'cancel' });
    expect(gate.arrived).toBe(1);
    const items: number[] = [];
    const reason = await reasonOf(
      (async () => {
        for await (const n of iteration) items.push(n);
      })(),
    );
    expect(reason).toBeInstanceOf(ExecutorClosedError);
    expect(items).toEqual(Array.from(items, (_, n) => n + 1));
  });

  test('drain does not keep the process alive for a reader that never comes', async () => {
    const { code, stdout } = await runScript(`
      const generators = tasks(new URL(${JSON.stringify(new URL('../fixtures/generators.mjs', import.meta.url).href)}));
      const executor = new Executor({ workers: 1 });
      const iteration = executor.iterate(generators.count(1e9), { window: 3 });
      console.log((await iteration.next()).value);
      void executor.shutdown();
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '0\n' });
  });

  test('kill ends its thread', async ({ executor, gate }) => {
    const iteration = endless(executor, gate);
    await iteration.next();
    await executor.shutdown({ mode: 'kill' });
    await rounds();
    expect(await reasonOf(collect(iteration))).toBeInstanceOf(ExecutorClosedError);
  });

  test('refuses those that wait for a place', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    await executor.submit(work.pass(gate.shared));
    await gate.arrivals();
    const waiting = endless(executor, gate);
    const closed = executor.shutdown();
    expect(await reasonOf(waiting.next())).toBeInstanceOf(ExecutorClosedError);
    gate.open();
    await closed;
    expect(await reasonOf(executor.iterate(generators.count(1)).next())).toBeInstanceOf(ExecutorClosedError);
  });
});

test('an iteration that was dropped unread is cancelled when it has been collected', async ({
  gate,
  makeExecutor,
}) => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const executor = makeExecutor({ workers: 1 });
  const drop = () => void executor.iterate(generators.count(1e9, gate.shared), { window: 2 });
  drop();
  await gate.counted(2);
  for (let left = 50; left > 0 && executor.stats().cancelled === 0; left--) {
    collectGarbage();
    await rounds();
  }
  expect(executor.stats()).toMatchObject({ suspended: 0, cancelled: 1 });
  await gate.arrivals();
  // One that never waits for its reader comes to its end.
  const { future } = executor.iterate(generators.count(2));
  for (let left = 10; left > 0; left--) {
    collectGarbage();
    await rounds();
  }
  expect(await future.result()).toBe('counted');
});

test('what the options of an executor hold is collected with it, iterations that have ended included', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const play = async (): Promise<WeakRef<object>> => {
    const iterations: unknown[] = [];
    const own = new Executor({ workers: 1, onUnobservedError: () => void iterations.length });
    const iteration = own.iterate(generators.count(2));
    iterations.push(iteration);
    for await (const _ of iteration);
    await own.shutdown();
    return new WeakRef(iterations);
  };
  const held = await play();
  // Asking keeps it until the turn ends.
  for (let left = 50; left > 0 && held.deref() !== undefined; left--) {
    await rounds();
    collectGarbage();
  }
  expect(held.deref()).toBeUndefined();
});
