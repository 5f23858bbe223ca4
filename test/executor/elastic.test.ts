import { setImmediate as turn } from 'node:timers/promises';
import { tasks } from 'millrace';
import type { Executor, ExecutorOptions, WorkerEndMessage, WorkerStartMessage } from 'millrace';
import { describe, expect } from 'vitest';
import { test as plain } from '../support/executor-test.ts';
import { Gate } from '../support/gate.ts';
import { generators } from '../support/generators.ts';
import { hear } from '../support/heard.ts';
import { runScript } from '../support/run-script.ts';
import { work } from '../support/work.ts';

const hooks = tasks<typeof import('../fixtures/hooks.mjs')>(
  new URL('../fixtures/hooks.mjs', import.meta.url),
);

const nested = tasks<typeof import('../fixtures/nested.mjs')>(
  new URL('../fixtures/nested.mjs', import.meta.url),
);

const test = plain.extend<{ readonly start: (options: ExecutorOptions) => Executor }>({
  start: ({ makeExecutor }, use) => use((options) => makeExecutor({ name: 'elastic', ...options })),
});

describe('threads', () => {
  test('start with the first task, and not before; one is enough for one task after the other', async ({
    start,
  }) => {
    const executor = start({ workers: 3 });
    expect(executor.stats()).toMatchObject({ workers: 3, threads: 0 });
    for (let left = 3; left > 0; left--) await executor.run(work.add(left, 1));
    expect(executor.stats().threads).toBe(1);
  });

  test('start behind tasks that go on, never more than workers', async ({ gate, start }) => {
    const executor = start({ workers: 3, maxPending: 10 });
    const futures = [];
    for (let left = 5; left > 0; left--) futures.push(executor.run(work.pass(gate.shared)));
    await gate.arrivals(3);
    expect(executor.stats()).toMatchObject({ threads: 3, running: 3, pending: 2 });
    gate.open();
    await Promise.all(futures);
    expect(gate.arrived).toBe(5);
  });

  test('start behind a task that had been quick, and goes on this time', async ({ gate, start }) => {
    const executor = start({ workers: 2 });
    for (let left = 3; left > 0; left--) await executor.run(work.echo(1));
    gate.open();
    await executor.run(work.pass(gate.shared));
    const held = new Gate();
    const first = executor.run(work.pass(held.shared));
    await held.arrivals();
    expect(await executor.run(work.echo('behind'))).toBe('behind');
    expect(executor.stats().threads).toBe(2);
    held.open();
    await first;
  });

  test('start all at once by ready(), and with the executor as many as minWorkers', async ({ start }) => {
    using started = hear<WorkerStartMessage>('start');
    const executor = start({ workers: 3, minWorkers: 2 });
    expect(executor.stats().threads).toBe(2);
    await started.until(2);
    await executor.ready();
    expect(executor.stats().threads).toBe(3);
    expect(started.messages.map(({ why }) => why)).toEqual(['new', 'new', 'new']);
  });

  test('replace those that crash, with others cold', async ({ start }) => {
    const executor = start({ workers: 3 });
    await expect(executor.run(work.exit(1))).rejects.toMatchObject({ name: 'WorkerCrashedError' });
    expect(await executor.run(work.echo(1))).toBe(1);
    expect(executor.stats()).toMatchObject({ fulfilled: 1, rejected: 1 });
  });

  test('start for what a task asks for while it goes on', async ({ gate, start }) => {
    const executor = start({ workers: 2 });
    const parent = executor.run(nested.spinsBesideChild(gate.shared)).catch((reason: unknown) => reason);
    await gate.arrivals();
    expect(executor.stats().threads).toBe(2);
    await executor.shutdown({ mode: 'kill' });
    expect(await parent).toMatchObject({ name: 'ExecutorClosedError' });
  });
});

describe('an idle thread', () => {
  test('ends with its teardown, and the next task starts one again', async ({ gate, start }) => {
    using started = hear<WorkerStartMessage>('start');
    using ended = hear<WorkerEndMessage>('end');
    const executor = start({ workers: 2, idleTimeoutMs: 20, workerData: { gate: gate.shared } });
    expect(await executor.run(hooks.isUp())).toBe(true);
    const [end] = await ended.until(1);
    expect(end).toMatchObject({ why: 'idle', exitCode: 0, lost: 0, returned: 0 });
    expect([gate.arrived, gate.count, executor.stats().threads]).toEqual([1, 1, 0]);
    expect(await executor.run(hooks.isUp())).toBe(true);
    expect(started.messages.map(({ why }) => why)).toEqual(['new', 'idle']);
    await executor.shutdown();
    expect([gate.arrived, gate.count]).toEqual([2, 2]);
  });

  test('is not one in which a task waits for its own', async ({ gate, start }) => {
    using ended = hear<WorkerEndMessage>('end');
    const executor = start({ workers: 3, idleTimeoutMs: 1 });
    await executor.ready();
    const parent = executor.run(nested.parentOf(gate.shared));
    await gate.arrivals();
    // Others go. The parent's thread has nothing to do for as long, and stays.
    await ended.until(1);
    expect(await executor.run(work.echo('meanwhile'))).toBe('meanwhile');
    gate.open();
    expect(await parent).toBe('child');
    expect(ended.messages.map(({ why, lost }) => [why, lost])).toEqual(ended.messages.map(() => ['idle', 0]));
  });

  test('nor is one in which a generator waits for its reader', async ({ start }) => {
    using ended = hear<WorkerEndMessage>('end');
    const executor = start({ workers: 2, idleTimeoutMs: 1 });
    await executor.ready();
    const iteration = executor.iterate(generators.count(10), { window: 2 });
    expect(await iteration.next()).toEqual({ done: false, value: 0 });
    await ended.until(1);
    expect(await executor.run(work.echo('meanwhile'))).toBe('meanwhile');
    for (let n = 1; n < 10; n++) expect(await iteration.next()).toEqual({ done: false, value: n });
    expect(ended.messages.map(({ why, lost }) => [why, lost])).toEqual(ended.messages.map(() => ['idle', 0]));
  });

  test('stays while there are no more than minWorkers', async ({ start }) => {
    using ended = hear<WorkerEndMessage>('end');
    const executor = start({ workers: 3, minWorkers: 1, idleTimeoutMs: 1 });
    await executor.ready();
    await ended.until(2);
    expect(executor.stats().threads).toBe(1);
    expect(await executor.run(work.echo(1))).toBe(1);
    expect(ended.messages).toHaveLength(2);
  });

  test('prints all that its teardown prints, when the process ends meanwhile', async () => {
    const module = `data:text/javascript,${encodeURIComponent(`
      export const hello = () => console.log('hello');
      export const teardown = async () => { await new Promise((r) => setTimeout(r, 50)); console.log('bye'); };
    `)}`;
    const { code, stdout, stderr } = await runScript(`
      const executor = new Executor({ workers: 1, idleTimeoutMs: 0 });
      const { hello } = tasks(${JSON.stringify(module)});
      process.on('exit', () => console.log(executor.stats().threads));
      await executor.run(hello());
      await new Promise((resolve) => setTimeout(resolve, 20));
    `);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'hello\nbye\n0\n', stderr: '' });
  });
});

test('whatever comes and goes, every task runs once', async ({ gate, start }) => {
  const executor = start({ workers: 3, maxPending: 8, idleTimeoutMs: 0 });
  for (let round = 0; round < 20; round++) {
    const count = 1 + (round % 5);
    await Promise.all(Array.from({ length: count }, () => executor.run(work.count(gate.shared, 'counted'))));
    for (let turns = round % 7; turns > 0; turns--) await turn();
  }
  expect(gate.count).toBe(60);
  expect(executor.stats()).toMatchObject({ fulfilled: 60, running: 0, pending: 0 });
});
