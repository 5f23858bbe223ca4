import { Redis } from 'ioredis';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { remote, TestCluster } from '../support/cluster.ts';
import { TestRedis } from '../support/redis.ts';
import { Runs } from '../support/runs.ts';

test('a host whose connection breaks as a task is cancelled hears of it when it is back, with the reason', async () => {
  await using redis = await TestRedis.start();
  await using cluster = new TestCluster(redis);
  using runs = new Runs();
  await cluster.host();
  const log = join(runs.folder, 'log');
  const future = await cluster.executor().submit(remote.stopped(log));
  // From here on the host has nothing to tell.
  await eventually(() => expect(future.state).toBe('running'));
  const client = new Redis(redis.url);
  await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  client.disconnect();
  future.cancel(new Error('enough'));
  await eventually(() => expect(readFileSync(log, 'utf8')).toBe('begun\nenough\n'));
});
