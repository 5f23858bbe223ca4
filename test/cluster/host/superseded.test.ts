import { Redis } from 'ioredis';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { keysOf } from '../../../src/cluster/wire/keys.ts';
import { remote, TestCluster } from '../support/cluster.ts';
import { TestRedis } from '../support/redis.ts';
import { Runs } from '../support/runs.ts';

test('a host counts a batch that another one has taken over, and cancels what runs of it', async () => {
  await using redis = await TestRedis.start();
  await using cluster = new TestCluster(redis);
  using runs = new Runs();
  const host = await cluster.host();
  const [begun, never] = [join(runs.folder, 'begun'), join(runs.folder, 'never')];
  const executor = cluster.executor();
  await executor.run(remote.add(1, 2));
  await eventually(() => expect(host.counts).toMatchObject({ batches: 1, dropped: 0, superseded: 0 }));

  await executor.submit(remote.gated(begun, never));
  await eventually(() => expect(readFileSync(begun, 'utf8')).toBe('begun\n'));
  const client = new Redis(redis.url);
  const batches = await client.keys(keysOf(cluster.queue, undefined).batch('*'));
  const fences = await Promise.all(
    batches.map(async (key) => [key, await client.hget(key, 'done')] as const),
  );
  // As the script `begin` does it for another host.
  for (const [key, done] of fences) if (done === null) await client.hset(key, 'f', 'a fence of another host');
  client.disconnect();
  // What it says next is not taken: here that it leaves, and gives back what it had.
  void host.close({ graceMs: 0 });
  await eventually(() => expect(host.counts).toMatchObject({ batches: 2, dropped: 0, superseded: 1 }));
  expect(host.executor.stats()).toMatchObject({ running: 0, pending: 0 });
});
