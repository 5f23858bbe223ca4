import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Executor } from 'millrace';
import { remote, TestCluster } from './support/cluster.ts';
import { TestRedis } from './support/redis.ts';
import type { ClusterExecutor } from 'millrace/cluster';

let redis: TestRedis;
let cluster: TestCluster;
let executor: ClusterExecutor;

beforeAll(async () => {
  redis = await TestRedis.start();
  cluster = new TestCluster(redis);
  await cluster.host();
  executor = cluster.executor();
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

describe('a cluster executor', () => {
  test('is an executor', () => {
    expect(executor).toBeInstanceOf(Executor);
    expect(executor.capacity).toBe(4096);
  });

  test('is ready when it has a host, and knows it', async () => {
    await executor.ready();
    expect(executor.stats().workers).toBe(2);
    const [host] = executor.hosts();
    expect(host).toMatchObject({ threads: 2, pid: process.pid, leaving: false, unfit: undefined });
    expect(Object.keys(host?.modules ?? {})).toEqual(['millrace/test/fixtures/remote.mjs']);
  });

  test('runs a task in a thread of its host', async () => {
    expect(await executor.run(remote.add(1, 2))).toBe(3);
    expect(await executor.run(remote.onMain())).toBe(false);
  });

  test('brings back what a task threw', async () => {
    await expect(executor.run(remote.fail('no'))).rejects.toMatchObject({
      name: 'TypeError',
      message: 'no',
      code: 'E_OWN',
    });
  });

  test('maps a source, in order', async () => {
    const sums: number[] = [];
    const items = Array.from({ length: 3000 }, (_, n) => n);
    for await (const sum of executor.map(items, (n) => remote.add(n, 1))) sums.push(sum);
    expect(sums).toEqual(items.map((n) => n + 1));
  });

  test('keeps its books', async () => {
    await executor.run(remote.add(1, 2));
    const stats = executor.stats();
    expect(stats).toMatchObject({ pending: 0, running: 0, pendingBytes: 0, waiting: 0 });
    expect(stats.submitted).toBe(stats.fulfilled + stats.rejected + stats.cancelled + stats.refused);
  });

  test('carries values by parts that are larger than one string should be', async () => {
    const value = Buffer.alloc(5_000_000, 'large');
    const echoed = await executor.run(remote.echo(value));
    expect(Buffer.compare(value, echoed as Buffer)).toBe(0);
  });

  test('waits for the tasks of tasks, which stay on their host', async () => {
    expect(await executor.run(remote.nested(1))).toBe(3);
  });

  test('hears the last report before the result', async () => {
    const future = await executor.submit(remote.reportTo(100));
    const heard: unknown[] = [];
    for await (const report of future.progress()) heard.push(report);
    expect(heard.at(-1)).toEqual({ n: 100 });
  });
});
