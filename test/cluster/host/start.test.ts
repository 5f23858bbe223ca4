import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { Redis } from 'ioredis';
import { ClusterError, WorkerHost } from 'millrace/cluster';
import { remote, secret, TestCluster, workUrl } from '../support/cluster.ts';
import { TestRedis } from '../support/redis.ts';
import { runScript } from '../../support/run-script.ts';

const options = {
  connection: 'redis://user:planted-4711@127.0.0.1:1/2',
  queue: 'start',
  secret,
  tasks: [fileURLToPath(workUrl)],
  executor: { workers: 1 },
};

test('a host that was not started says so, and where it would be', async () => {
  const host = new WorkerHost(options);
  const error = await host.cluster().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ClusterError);
  expect(error).toMatchObject({ code: 'ERR_MILLRACE_CLUSTER_REDIS', redis: '127.0.0.1:1/2', queue: 'start' });
  expect((error as Error).message).toContain('the host has not been started');
  expect(host.description).toContain("queue 'start' (127.0.0.1:1/2)");
  await host.close();
});

test('a host that has left can’t tell the status, and says why', async () => {
  await using redis = await TestRedis.start();
  const host = new WorkerHost({ ...options, connection: redis.url });
  await host.start();
  expect(await host.cluster()).toMatchObject({ queue: 'start', redis: redis.place, threads: 1 });
  await host.close();
  await expect(host.cluster()).rejects.toMatchObject({ name: 'ClusterError', redis: redis.place });
});

test('a host that is started twice starts once, and keeps no process alive', async () => {
  await using redis = await TestRedis.start();
  const { stdout, stderr, code } = await runScript(`
    import { WorkerHost } from 'millrace/cluster';
    const host = new WorkerHost(${JSON.stringify({ ...options, connection: redis.url })});
    console.log(host.start() === host.start());
    await host.start();
    await host.close();
  `);
  expect({ stdout, stderr, code }).toEqual({ stdout: 'true\n', stderr: '', code: 0 });
});

test.each([Number.NaN, -1, '5', null])('the grace %o is refused, and the host stays', async (graceMs) => {
  await using redis = await TestRedis.start();
  await using cluster = new TestCluster(redis);
  const host = await cluster.host();
  await expect(host.close({ graceMs: graceMs as number })).rejects.toThrow(
    'graceMs must be a number of milliseconds',
  );
  expect(host.isReady).toBe(true);
});

test('without the right to the channel neither a host nor a program starts', async () => {
  await using redis = await TestRedis.start();
  const admin = new Redis(redis.url);
  await admin.call('ACL', 'SETUSER', 'mute', 'on', '>mute', '~*', 'resetchannels', '+@all');
  admin.disconnect();
  const connection = redis.url.replace('redis://', 'redis://mute:mute@');
  await using cluster = new TestCluster(redis);
  const refused = { name: 'ClusterError', message: expect.stringMatching(/NOPERM.*lacks rights/) };
  await expect(cluster.host({ connection })).rejects.toMatchObject(refused);
  await expect(cluster.executor({ connection }).run(remote.add(1, 2))).rejects.toMatchObject(refused);
});

test('Redis that hands out numbers as texts is read all the same', async () => {
  await using redis = await TestRedis.start();
  await using cluster = new TestCluster(redis);
  const connection = { port: redis.port, host: '127.0.0.1', stringNumbers: true };
  const told = vi.fn();
  await cluster.host({ connection, onWarning: told });
  expect(await cluster.executor({ connection }).run(remote.add(1, 2))).toBe(3);
  expect(told).not.toHaveBeenCalled();
});
