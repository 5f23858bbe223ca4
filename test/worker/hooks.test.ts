import { tasks } from 'millrace';
import type { Executor, ExecutorOptions } from 'millrace';
import { once } from 'node:events';
import { describe, expect } from 'vitest';
import { test as plain } from '../support/executor-test.ts';
import { Gate } from '../support/gate.ts';
import { reasonOf } from '../support/settling.ts';

const hooks = tasks<typeof import('../fixtures/hooks.mjs')>(
  new URL('../fixtures/hooks.mjs', import.meta.url),
);

/** The arrivals of `gate` are calls of `setup`, its count those of `teardown`. */
const test = plain.extend<{ readonly start: (data?: object, options?: ExecutorOptions) => Executor }>({
  start: ({ gate, makeExecutor }, use) =>
    use((data = {}, options = {}) =>
      makeExecutor({ workers: 1, workerData: { gate: gate.shared, ...data }, ...options }),
    ),
});

describe('setup', () => {
  test('is awaited before the first task of the module, once in each thread', async ({ gate, start }) => {
    await using executor = start();
    expect(await executor.run(hooks.isUp())).toBe(true);
    expect(await executor.run(hooks.alsoUp())).toBe(true);
    expect(gate.arrived).toBe(1);
  });

  test('that fails is the error of the task that waited for it; the next task tries again', async ({
    gate,
    start,
  }) => {
    await using executor = start({ failSetup: 1 });
    expect(await reasonOf(executor.run(hooks.isUp()))).toMatchObject({
      name: 'RangeError',
      message: 'no database',
    });
    expect(await executor.run(hooks.isUp())).toBe(true);
    expect(gate.arrived).toBe(2);
  });
});

describe('teardown', () => {
  test('is awaited by shutdown, in every thread that was set up', async ({ gate, start }) => {
    const executor = start({}, { workers: 2 });
    await executor.run(hooks.isUp());
    await executor.shutdown();
    expect([gate.arrived, gate.count]).toEqual([1, 1]);
  });

  test('of a thread that was replaced goes on when the executor is shut down meanwhile', async ({
    gate,
    start,
  }) => {
    const second = new Gate();
    const executor = start({ second: second.shared }, { maxTasksPerWorker: 1 });
    await executor.run(hooks.isUp());
    await executor.ready();
    await gate.counted(1);
    const closed = executor.shutdown();
    second.open();
    await closed;
    expect(second.count).toBeGreaterThanOrEqual(1);
    expect(second.count).toBe(gate.count);
  });

  test('is called when a thread is replaced, after its last task', async ({ gate, start }) => {
    const executor = start({}, { maxTasksPerWorker: 2 });
    for (let left = 6; left > 0; left--) expect(await executor.run(hooks.isUp())).toBe(true);
    await executor.shutdown();
    expect([gate.arrived, gate.count]).toEqual([3, 3]);
  });

  test('that fails is a warning that names the module', async ({ start }) => {
    const executor = start({ failTeardown: true });
    await executor.run(hooks.isUp());
    const warned = once(process, 'warning');
    await executor.shutdown();
    const [warning] = (await warned) as [Error];
    expect(warning).toMatchObject({ name: 'MillraceTeardownWarning' });
    expect(warning.message).toMatch(/teardown\(\) of file:.*hooks\.mjs failed: .*still connected/);
  });

  test('that never ends is cut short', async ({ start }) => {
    const executor = start({ endless: true }, { teardownTimeoutMs: 20 });
    await executor.run(hooks.isUp());
    const warned = once(process, 'warning');
    await executor.shutdown();
    expect(String(await warned)).toContain('longer than 20 ms');
  });

  test("is no longer waited for when the shutdown is hurried to 'kill'", async ({ gate, start }) => {
    const executor = start({ endless: true }, { teardownTimeoutMs: 1e9 });
    await executor.run(hooks.isUp());
    const closed = executor.shutdown();
    await gate.counted(1);
    await Promise.all([closed, executor.shutdown({ mode: 'kill' })]);
    expect(gate.count).toBe(1);
  });

  test('is no reason for a warning when a killed thread is in native code', async ({ gate, start }) => {
    const warnings: Error[] = [];
    const listener = (warning: Error) => void warnings.push(warning);
    process.on('warning', listener);
    const executor = start({}, { teardownTimeoutMs: 1 });
    const future = await executor.submit(hooks.computeNatively());
    await gate.counted(1);
    await executor.shutdown({ mode: 'kill' });
    expect(future.state).toBe('cancelled');
    await new Promise(setImmediate);
    process.off('warning', listener);
    expect(warnings).toEqual([]);
  });

  test('is left out for a thread that crashed; the next one is set up anew', async ({ gate, start }) => {
    const executor = start();
    expect(await reasonOf(executor.run(hooks.exit()))).toMatchObject({ exitCode: 1 });
    expect(await executor.run(hooks.isUp())).toBe(true);
    expect([gate.arrived, gate.count]).toEqual([2, 0]);
    await executor.shutdown();
    expect(gate.count).toBe(1);
  });
});
