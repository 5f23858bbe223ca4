import { setImmediate as turn } from 'node:timers/promises';
import fastify from 'fastify';
import { availableWorkers, Executor } from 'millrace';
import type { ExecutorOptions, WorkerEndMessage, WorkerStartMessage } from 'millrace';
import { millrace as express } from 'millrace/express';
import { millrace } from 'millrace/fastify';
import { HealthCheck, OverloadGate } from 'millrace/http';
import { afterEach, describe, expect, test } from 'vitest';
import { hear } from '../support/heard.ts';
import { work } from '../support/work.ts';

let executor: Executor | undefined;
afterEach(async () => {
  await executor?.shutdown({ mode: 'kill' });
});

describe('a server', () => {
  test.each([{}, { workers: 2 }, { workers: 2, minWorkers: undefined, idleTimeoutMs: 1 }])(
    'keeps all threads of its own executor: %o',
    async (options) => {
      const { gate } = express({ executor: options as ExecutorOptions });
      ({ executor } = gate);
      expect(gate.executor.stats().threads).toBe(options.workers ?? availableWorkers());
    },
  );

  test('keeps as few as it is told to', async () => {
    using ended = hear<WorkerEndMessage>('end');
    const { gate } = express({ executor: { workers: 2, minWorkers: 1, idleTimeoutMs: 1 } });
    ({ executor } = gate);
    await ended.until(1);
    expect(gate.executor.stats().threads).toBe(1);
  });

  test('is told which option is wrong', () => {
    expect(() => express({ executor: { workers: 0 } })).toThrow(/^workers must be/);
    expect(() => express({ executor: { workers: 2, minWorkers: 3 } })).toThrow(
      'minWorkers must be at most workers (2), not 3',
    );
  });

  test('of Fastify is ready when its threads are', async () => {
    const app = fastify();
    await app.register(millrace, { executor: { workers: 2 } });
    using started = hear<WorkerStartMessage>('start');
    await app.ready();
    expect(started.messages).toHaveLength(2);
    await app.close();
  });

  test('of Fastify is not ready if its threads can’t be started', async () => {
    const app = fastify();
    const execArgv = ['--import', new URL('nowhere.mjs', import.meta.url).href];
    await app.register(millrace, { executor: { workers: 1, execArgv } });
    await expect(app.ready()).rejects.toMatchObject({ name: 'WorkerCrashedError' });
    await app.close();
  });
});

describe('health', () => {
  test('is 503 until every thread is up; those that idleness ends later are not missed, nor started', async () => {
    using started = hear<WorkerStartMessage>('start');
    using ended = hear<WorkerEndMessage>('end');
    executor = new Executor({ workers: 2, idleTimeoutMs: 1 });
    expect(executor.stats().threads).toBe(0);
    const health = new HealthCheck(new OverloadGate(executor));
    expect(health.readiness()).toEqual({ status: 'starting', statusCode: 503 });
    await ended.until(2);
    expect(executor.stats().threads).toBe(0);
    for (let times = 3; times > 0; times--) {
      expect(health.readiness()).toEqual({ status: 'ready', statusCode: 200 });
      await turn();
    }
    expect(started.messages).toHaveLength(2);
  });
});

describe('a gate', () => {
  test('refuses what can’t wait for a boot, and starts a thread for the next one', async () => {
    using started = hear<WorkerStartMessage>('start');
    using ended = hear<WorkerEndMessage>('end');
    // Long enough for the second thread to be there when it is asked for.
    executor = new Executor({ workers: 1, idleTimeoutMs: 2000 });
    const gate = new OverloadGate(executor);
    await executor.run(work.echo(1));
    await ended.until(1);
    const { waitMs } = executor.forecast();
    expect(waitMs).toBeGreaterThan(0);
    expect(() => gate.admit('normal', 1, work.echo(2), {})).toThrow(
      expect.objectContaining({ name: 'SaturatedError' }),
    );
    await started.until(2);
    expect(executor.forecast().waitMs).toBe(0);
    expect(await gate.admit('normal', 60_000, work.echo(3), {}).result()).toBe(3);
  });
});
