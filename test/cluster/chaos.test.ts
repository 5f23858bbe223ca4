import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { HostLostError } from 'millrace/cluster';
import { Random } from '../chaos/random.ts';
import { remote, TestCluster } from './support/cluster.ts';
import { HostProcess } from './support/host-process.ts';
import { bullJobs, checkKeys } from './support/keys.ts';
import { TestRedis } from './support/redis.ts';
import { Runs } from './support/runs.ts';

/** `npm run chaos:cluster` lets it go on for half an hour; `CHAOS_SEED` repeats one. */
const seconds = Number(process.env['CHAOS_SECONDS'] ?? 20);
const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);

test(`everything goes wrong at random for ${seconds} s (seed ${seed}): each future settles, none begins too often, and nothing is left`, {
  timeout: seconds * 1000 + 120_000,
}, async () => {
  const random = new Random(seed);
  await using redis = await TestRedis.start('--appendonly', 'yes', '--appendfsync', 'always');
  await using cluster = new TestCluster(redis);
  using runs = new Runs();
  const hosts = await Promise.all([0, 1, 2].map(() => HostProcess.start(cluster, ['--lock', '1s'])));
  const executors = [cluster.executor({ maxPending: 200 }), cluster.executor({ maxPending: 200 })];
  const end = performance.now() + seconds * 1000;
  const retriesOf = new Map<number, number>();
  let id = 0;
  let settled = 0;

  const produce = async (executor: (typeof executors)[number]): Promise<void> => {
    const pending: Promise<void>[] = [];
    while (performance.now() < end) {
      const own = id++;
      const retries = random.integer(0, 2);
      retriesOf.set(own, retries);
      const future = await executor.submit(remote.logged(runs.file, own, random.integer(0, 4)), { retries });
      if (random.chance(0.1)) setTimeout(() => future.cancel(), random.integer(0, 200));
      pending.push(
        future.outcome().then((outcome) => {
          settled++;
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(HostLostError);
        }),
      );
    }
    await Promise.all(pending);
  };

  const faults: readonly (() => Promise<void>)[] = [
    async () => {
      const index = random.integer(0, 2);
      await (hosts[index] as HostProcess).end(random.pick(['SIGKILL', 'SIGTERM']));
      hosts[index] = await HostProcess.start(cluster, ['--lock', '1s']);
    },
    async () => {
      const { child } = random.pick(hosts);
      child.kill('SIGSTOP');
      await sleep(random.integer(100, 3000));
      child.kill('SIGCONT');
    },
    async () => {
      const client = new Redis(redis.url);
      await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      client.disconnect();
    },
    async () => {
      redis.freeze();
      await sleep(random.integer(100, 2000));
      redis.thaw();
    },
    async () => {
      await redis.kill();
      await redis.start();
    },
  ];
  const meddle = async (): Promise<void> => {
    while (performance.now() < end) {
      await sleep(random.integer(100, 1500));
      await random.pick(faults)();
    }
  };

  await Promise.all([...executors.map(produce), meddle()]);
  expect(settled).toBe(id);
  for (const executor of executors) {
    expect(executor.stats()).toMatchObject({ running: 0, waiting: 0 });
    await executor.shutdown();
    expect(executor.stats()).toMatchObject({ pending: 0, pendingBytes: 0 });
  }
  for (const [task, begins] of runs.counts)
    expect(begins, `begins of task ${task}`).toBeLessThanOrEqual(1 + (retriesOf.get(task) ?? 0));
  // What hosts had when they were killed goes to another one, which finds it done or without a producer.
  while ((await bullJobs(redis, cluster.queue)).length > 0) await sleep(200);
  await checkKeys(redis, cluster.queue);
  await Promise.all(hosts.map((host) => host[Symbol.asyncDispose]()));
});
