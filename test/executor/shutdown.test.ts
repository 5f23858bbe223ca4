import { Executor, ExecutorClosedError } from 'millrace';
import { describe, expect } from 'vitest';
import { test } from '../support/executor-test.ts';
import type { Gate } from '../support/gate.ts';
import { reasonOf, rounds, settlementOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

/** One task runs, two are pending, one waits. */
async function full(gate: Gate) {
  const executor = new Executor({ workers: 1, maxPending: 2 });
  const running = await executor.submit(work.pass(gate.shared, 'ran'));
  await gate.arrivals();
  const pending = [
    await executor.submit(work.count(gate.shared)),
    await executor.submit(work.count(gate.shared)),
  ];
  const waiting = reasonOf(executor.submit(work.count(gate.shared)));
  return { executor, running, pending, waiting };
}

describe('shutdown', () => {
  test("'drain' runs all that was admitted, and nothing else", async ({ gate }) => {
    const { executor, running, pending, waiting } = await full(gate);
    const closed = executor.shutdown();
    expect(await waiting).toBeInstanceOf(ExecutorClosedError);
    expect(await settlementOf(closed)).toBe('pending');
    gate.open();
    await closed;
    expect([running, ...pending].map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(gate.count).toBe(2);
  });

  test("'cancel' cancels what has not started; what runs may finish", async ({ gate }) => {
    const { executor, running, pending, waiting } = await full(gate);
    const closed = executor.shutdown({ mode: 'cancel' });
    expect(await waiting).toBeInstanceOf(ExecutorClosedError);
    expect(pending.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    expect(await pending[0]?.outcome()).toMatchObject({ reason: { name: 'ExecutorClosedError' } });
    gate.open();
    await closed;
    expect(await running.result()).toBe('ran');
    expect(gate.count).toBe(0);
  });

  test("'kill' also stops what runs, and waits for nobody", async ({ gate }) => {
    const { executor, running, pending, waiting } = await full(gate);
    await executor.shutdown({ mode: 'kill' });
    expect(await waiting).toBeInstanceOf(ExecutorClosedError);
    for (const future of [running, ...pending]) {
      expect(await future.outcome()).toMatchObject({
        status: 'cancelled',
        reason: { name: 'ExecutorClosedError' },
      });
    }
    expect(executor.stats()).toMatchObject({ running: 0, pending: 0, waiting: 0, busy: 0, cancelled: 3 });
    expect(gate.count).toBe(0);
  });

  test('may be called again to hurry, never to slow down', async ({ gate }) => {
    const { executor, running, pending } = await full(gate);
    const first = executor.shutdown();
    const second = executor.shutdown({ mode: 'cancel' });
    expect(pending[0]?.state).toBe('cancelled');
    void executor.shutdown();
    expect(await settlementOf(first)).toBe('pending');
    await executor.shutdown({ mode: 'kill' });
    await Promise.all([first, second]);
    expect(running.state).toBe('cancelled');
    await executor.shutdown();
  });

  test('is terminal: every later submission is refused with ExecutorClosedError', async ({
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1 });
    await executor.shutdown();
    for (const refused of [executor.submit(work.echo(1)), executor.run(work.echo(1)), executor.ready()]) {
      expect(await reasonOf(refused)).toBeInstanceOf(ExecutorClosedError);
    }
    expect(() => executor.trySubmit(work.echo(1))).toThrow(ExecutorClosedError);
    expect(await reasonOf(executor.asCompleted([work.echo(1)]).next())).toBeInstanceOf(ExecutorClosedError);
    expect(executor.stats()).toMatchObject({ running: 0, pending: 0, fulfilled: 0 });
  });

  test('lets nobody in, also not a small task that waited behind a large one', async ({
    gate,
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1, maxPendingBytes: 100 });
    await executor.submit(work.pass(gate.shared));
    await gate.arrivals();
    await rounds();
    await executor.submit(work.byteLength(new Uint8Array(60)));
    const waiting = [90, 10].map((bytes) =>
      reasonOf(executor.submit(work.byteLength(new Uint8Array(bytes)))),
    );
    const closed = executor.shutdown();
    gate.open();
    await closed;
    for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(ExecutorClosedError);
  });

  test('while threads boot ends them, and ready() rejects', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 2 });
    const ready = reasonOf(executor.ready());
    await executor.shutdown();
    expect(await ready).toBeInstanceOf(ExecutorClosedError);
  });

  test('refuses an unknown mode, and goes on', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    const error = await reasonOf(executor.shutdown({ mode: 'now' as never }));
    expect(error).toMatchObject({ name: 'InvalidOptionError', option: 'mode', value: 'now' });
    expect(await executor.run(work.echo(1))).toBe(1);
    await executor.shutdown();
  });

  test('await using drains', async ({ makeExecutor }) => {
    let future;
    {
      await using executor = makeExecutor({ workers: 1 });
      future = await executor.submit(work.echo('drained'));
    }
    expect(future.state).toBe('fulfilled');
  });
});

describe('ready', () => {
  test('resolves when every thread has booted', async ({ gate, makeExecutor }) => {
    await using executor = makeExecutor({ workers: 2 });
    await executor.ready();
    const both = [executor.run(work.pass(gate.shared)), executor.run(work.pass(gate.shared))];
    // Both threads take theirs at once: no other one has to boot first.
    expect(executor.stats().busy).toBe(2);
    gate.open();
    await Promise.all(both);
    await expect(executor.ready()).resolves.toBeUndefined();
  });

  test('rejects with the reason when a thread cannot boot, and so does what waits for it', async ({
    makeExecutor,
  }) => {
    const execArgv = ['--import', 'data:text/javascript,throw new Error("boot")'];
    const executor = makeExecutor({ workers: 2, execArgv });
    const future = await executor.submit(work.echo(1));
    for (const failed of [executor.ready(), future.result()]) {
      expect(await reasonOf(failed)).toMatchObject({
        name: 'WorkerCrashedError',
        cause: { message: 'boot' },
      });
    }
    await executor.shutdown();
  });
});

test('a task that is running alone finds the other worker for one that waits for it', async ({
  gate,
  makeExecutor,
}) => {
  await using executor = makeExecutor({ workers: 2 });
  // Submitted while the threads boot: whichever comes up first must not keep both of them.
  const first = executor.run(work.echo(0));
  const both = [executor.run(work.pass(gate.shared)), executor.run(work.pass(gate.shared))];
  await first;
  await gate.arrivals(2);
  expect(executor.stats().running).toBe(2);
  gate.open();
  await Promise.all(both);
});
