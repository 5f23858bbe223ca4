import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, test, vi } from 'vitest';
import { ExecutorClosedError, tasks } from 'millrace';
import { WorkerHost } from 'millrace/cluster';
import { eventually } from '../../support/eventually.ts';
import { Gate } from '../../support/gate.ts';
import { runScript } from '../../support/run-script.ts';
import { remote, secret, TestCluster, workUrl } from '../support/cluster.ts';
import { TestRedis } from '../support/redis.ts';
import { Runs } from '../support/runs.ts';

test('a host whose program has gone waits no longer than its grace for what runs', async () => {
  await using redis = await TestRedis.start();
  await using cluster = new TestCluster(redis);
  using runs = new Runs();
  const host = await cluster.host({ executor: { workers: 1 } });
  const executor = cluster.executor();
  // For longer than any test.
  await executor.submit(remote.logged(runs.file, 1, 600_000));
  await runs.begun(1);
  await executor.shutdown({ mode: 'kill' });
  // It has heard of it: the thread is at what nobody wants.
  while (host.executor.stats().cancelled === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await host.close({ graceMs: 0 });
  expect(host.executor.stats()).toMatchObject({ busy: 0, running: 0 });
});

test('a host that is closed again, with a shorter grace, waits no longer than that for what runs', async () => {
  await using redis = await TestRedis.start();
  await using cluster = new TestCluster(redis);
  using runs = new Runs();
  const host = await cluster.host({ executor: { workers: 1 } });
  const [begun, never] = [join(runs.folder, 'has begun'), join(runs.folder, 'never')];
  const future = await cluster.executor().submit(remote.gated(begun, never));
  await eventually(() => expect(existsSync(begun)).toBe(true));
  // For longer than any test.
  const closed = host.close({ graceMs: 600_000 });
  await host.close({ graceMs: 0 });
  await closed;
  // It was told to stop, or is in doubt.
  expect(await future.outcome()).toMatchObject({
    status: 'rejected',
    reason: { code: 'ERR_MILLRACE_HOST_LOST' },
  });
});

test('a host that is closed again waits no longer for modules that tear down', async () => {
  const hooksUrl = new URL('../../fixtures/hooks.mjs', import.meta.url);
  const hooks = tasks<typeof import('../../fixtures/hooks.mjs')>(hooksUrl);
  await using redis = await TestRedis.start();
  await using cluster = new TestCluster(redis);
  const gate = new Gate();
  const host = await cluster.host({
    tasks: [fileURLToPath(hooksUrl)],
    executor: { workers: 1, workerData: { gate: gate.shared, endless: true }, teardownTimeoutMs: 600_000 },
  });
  expect(await cluster.executor().run(hooks.isUp())).toBe(true);
  const closed = host.close();
  await gate.counted(1);
  await host.close({ graceMs: 0 });
  await closed;
});

test('a host that is closed while it starts does not start, and leaves no connection', async () => {
  await using redis = await TestRedis.start();
  const queue = 'closed-early';
  const host = new WorkerHost({
    connection: redis.url,
    queue,
    secret,
    tasks: [fileURLToPath(workUrl)],
    executor: { workers: 1 },
  });
  const started = host.start();
  started.catch(() => {});
  await host.executor.ready();
  await host.close({ graceMs: 0 });
  await expect(started).rejects.toBeInstanceOf(ExecutorClosedError);
  const client = new Redis(redis.url);
  await eventually(async () =>
    expect(String(await client.call('CLIENT', 'LIST'))).not.toContain('millrace:host'),
  );
  client.disconnect();
});

test('a host waits no longer than its grace, and a little, for BullMQ', async () => {
  await using redis = await TestRedis.start();
  await using cluster = new TestCluster(redis);
  // As when Redis goes away at that moment.
  const closing = vi.spyOn(Worker.prototype, 'close').mockReturnValue(new Promise(() => {}));
  const host = await cluster.host({ executor: { workers: 1 } });
  await host.close({ graceMs: 0 });
  expect(closing).toHaveBeenCalled();
  closing.mockRestore();
});

test('a host whose Redis has gone leaves, and keeps no process alive', async () => {
  await using redis = await TestRedis.start();
  const options = { connection: redis.url, queue: 'gone', secret, tasks: [fileURLToPath(workUrl)] };
  const { stdout, stderr, code } = await runScript(`
    import { Redis } from 'ioredis';
    import { WorkerHost } from 'millrace/cluster';
    const host = new WorkerHost({ ...${JSON.stringify(options)}, executor: { workers: 1 }, onWarning() {} });
    await host.start();
    const client = new Redis('${redis.url}', { retryStrategy: () => null });
    client.on('error', () => {});
    await client.shutdown('NOSAVE').catch(() => {});
    client.disconnect();
    while (host.isReady) await new Promise((resolve) => setTimeout(resolve, 10));
    await host.close({ graceMs: 0 });
    console.log('left');
  `);
  expect({ stdout, stderr, code }).toEqual({ stdout: 'left\n', stderr: '', code: 0 });
});
