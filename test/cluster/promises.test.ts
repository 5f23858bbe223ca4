import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { keysOf } from '../../src/cluster/wire/keys.ts';
import { eventually } from '../support/eventually.ts';
import { remote, secret, TestCluster, workUrl } from './support/cluster.ts';
import { HostProcess } from './support/host-process.ts';
import { bullJobs } from './support/keys.ts';
import { TestRedis } from './support/redis.ts';
import { Runs } from './support/runs.ts';

/*
 * What is promised, with real processes; each task logs when it begins.
 */

const count = 300;

describe('a host in the midst of a batch', () => {
  test.each([0, 1])(
    'is killed, with %i retries: a few are in doubt, and none runs more often',
    async (retries) => {
      await using redis = await TestRedis.start();
      await using cluster = new TestCluster(redis);
      using runs = new Runs();
      await using victim = await HostProcess.start(cluster, ['--lock', '1s']);
      await using _other = await HostProcess.start(cluster, ['--lock', '4s']);
      const executor = cluster.executor();
      const { fulfilled, lost, others } = await runs.all(executor, count, 2, { retries }, async () => {
        await runs.begun(60);
        await victim.end('SIGKILL');
      });
      expect(others).toEqual([]);
      expect(runs.most).toBeLessThanOrEqual(1 + retries);
      expect(fulfilled + lost.length).toBe(count);
      // A window of each of its open batches, and not the batches.
      expect(lost.length).toBeLessThanOrEqual(retries === 0 ? 40 : 0);
      expect(executor.stats()).toMatchObject({ pending: 0, pendingBytes: 0 });
    },
  );

  test('stands still for longer than its lock, and comes back: none runs twice', async () => {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    await using sleeper = await HostProcess.start(cluster, ['--lock', '1s']);
    await using _other = await HostProcess.start(cluster, ['--lock', '4s']);
    const executor = cluster.executor();
    const { fulfilled, lost, others } = await runs.all(executor, count, 2, {}, async () => {
      await runs.begun(60);
      sleeper.child.kill('SIGSTOP');
      await sleep(3000);
      sleeper.child.kill('SIGCONT');
    });
    expect(others).toEqual([]);
    expect(fulfilled + lost.length).toBe(count);
    expect(runs.most).toBe(1);
    // It works again, and what it says of the batches that it has lost is not heard.
    expect((await runs.all(executor, 50, 1)).fulfilled).toBe(50);
  });

  test('is killed, or stands still, and no other is there: what may have begun is lost, the rest is told of no host, and begins nowhere', async () => {
    await Promise.all((['SIGKILL', 'SIGSTOP'] as const).map(endedBy));

    async function endedBy(signal: 'SIGKILL' | 'SIGSTOP'): Promise<void> {
      await using redis = await TestRedis.start();
      await using cluster = new TestCluster(redis);
      using runs = new Runs();
      await using victim = await HostProcess.start(cluster, ['--lock', '1s']);
      const executor = cluster.executor({ noHosts: { failAfterMs: 500 } });
      const begunFile = (task: number): string => join(runs.folder, `begun-${task}`);
      const open = join(runs.folder, 'open');
      // The first with a retry left, too: there is no host for it.
      const all = Promise.allSettled(
        Array.from({ length: 21 }, (_, task) =>
          executor.run(remote.gated(begunFile(task), open), { retries: task === 0 ? 1 : 0 }),
        ),
      );
      await eventually(() => expect(existsSync(begunFile(0))).toBe(true));
      victim.child.kill(signal);
      const codes = (await all).map((each) => (each as PromiseRejectedResult).reason.code as string);
      expect(codes[0]).toBe('ERR_MILLRACE_HOST_LOST');
      expect(codes.at(-1)).toBe('ERR_MILLRACE_CLUSTER_NO_HOSTS');
      expect(new Set(codes).size).toBe(2);
      expect(executor.stats()).toMatchObject({ pending: 0, running: 0, waiting: 0, pendingBytes: 0 });
      victim.child.kill('SIGCONT');
      await using _next = signal === 'SIGKILL' ? await HostProcess.start(cluster) : undefined;
      expect(await executor.run(remote.add(1, 2))).toBe(3);
      writeFileSync(open, '');
      expect(await executor.run(remote.add(1, 2))).toBe(3);
      // A host that stood still goes on with its window before it hears that it is to stop: these are lost, that is, may have begun.
      for (const [task, code] of codes.entries()) {
        if (!existsSync(begunFile(task))) continue;
        expect([task, code]).toEqual([task, 'ERR_MILLRACE_HOST_LOST']);
        // Nothing if its process was killed between the two steps of an append.
        expect(['begun\n', '']).toContain(readFileSync(begunFile(task), 'utf8'));
      }
    }
  });

  test('gets it again, since its lock was not renewed: it runs on, and is not in doubt', async () => {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    await using _host = await HostProcess.start(cluster, ['--lock', '4s']);
    const [begun, open] = [join(runs.folder, 'gate'), join(runs.folder, 'open')];
    const result = cluster.executor().run(remote.gated(begun, open));
    await eventually(() => expect(readFileSync(begun, 'utf8')).toBe('begun\n'));
    const client = new Redis(redis.url);
    const [lock = ''] = await client.keys('*:lock');
    expect(await client.del(lock)).toBe(1);
    // BullMQ gives it out again, under another one.
    await eventually(async () => expect(await client.exists(lock)).toBe(1));
    client.disconnect();
    writeFileSync(open, '');
    expect(await result).toBe('opened');
    expect(readFileSync(begun, 'utf8')).toBe('begun\n');
  });

  test('leaves when it is told to: what it has not begun runs elsewhere, without a retry', async () => {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    await using leaver = await HostProcess.start(cluster);
    await using _other = await HostProcess.start(cluster);
    const { fulfilled } = await runs.all(cluster.executor(), count, 2, {}, async () => {
      await runs.begun(60);
      expect(await leaver.end('SIGTERM')).toBe(0);
    });
    expect(fulfilled).toBe(count);
    expect(runs.most).toBe(1);
  });

  test('is ended by a task: that one is lost, on no more hosts than it has runs', async () => {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    await using _first = await HostProcess.start(cluster, ['--lock', '2s']);
    await using _second = await HostProcess.start(cluster, ['--lock', '2s']);
    await using _third = await HostProcess.start(cluster, ['--lock', '2s']);
    const executor = cluster.executor();
    const poison = await executor.submit(remote.killHost(runs.file, 1_000_000), { retries: 1 });
    const others = runs.all(executor, 100, 2, { retries: 3 });
    expect(await poison.outcome()).toMatchObject({
      status: 'rejected',
      reason: { name: 'HostLostError', code: 'ERR_MILLRACE_HOST_LOST' },
    });
    expect((await others).fulfilled).toBe(100);
    expect(runs.counts.get(1_000_000)).toBe(2);
  });

  test('loses a thread to a task: no other notices', async () => {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    await cluster.host();
    const executor = cluster.executor();
    const poison = executor.run(remote.die());
    poison.catch(() => {});
    const { fulfilled } = await runs.all(executor, 199, 0);
    expect(fulfilled).toBe(199);
    await expect(poison).rejects.toMatchObject({ name: 'WorkerCrashedError', exitCode: 3 });
    expect(runs.most).toBe(1);
  });

  test('has a clock that is an hour ahead: nothing depends on it', async () => {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    const ahead = 'data:text/javascript,const now = Date.now; Date.now = () => now() + 3600000;';
    await using _host = await HostProcess.start(cluster, [], { nodeFlags: ['--import', ahead] });
    const executor = cluster.executor();
    expect((await runs.all(executor, 200, 0)).fulfilled).toBe(200);
    const future = await executor.submit(remote.spin(20));
    await future.result();
    const { startedAt = 0, endedAt = 0, submittedAt } = future.timing;
    expect(startedAt).toBeGreaterThanOrEqual(submittedAt);
    expect(endedAt).toBeLessThanOrEqual(performance.now() + 1);
  });
});

describe('Redis', () => {
  test('is killed and started again with its log: nothing is lost, nothing runs twice', async () => {
    await using redis = await TestRedis.start('--appendonly', 'yes', '--appendfsync', 'always');
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    await using _host = await HostProcess.start(cluster, ['--lock', '4s']);
    const { fulfilled, lost, others } = await runs.all(cluster.executor(), count, 2, {}, async () => {
      await runs.begun(60);
      await redis.kill();
      await sleep(300);
      await redis.start();
    });
    expect({ lost, others }).toEqual({ lost: [], others: [] });
    expect(fulfilled).toBe(count);
    expect(runs.most).toBe(1);
  });

  test('comes back empty: what was sent is in doubt, the rest unharmed, nothing runs twice', async () => {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    await using _host = await HostProcess.start(cluster);
    const { fulfilled, lost, others } = await runs.all(cluster.executor(), count, 2, {}, async () => {
      await runs.begun(60);
      await redis.kill();
      await redis.start();
    });
    expect(others).toEqual([]);
    expect(fulfilled + lost.length).toBe(count);
    expect(fulfilled).toBeGreaterThan(count / 3);
    expect(runs.most).toBe(1);
  });

  test('stands still for longer than a command may take: nothing is lost, nothing runs twice', async () => {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    await using _host = await HostProcess.start(cluster);
    const { fulfilled } = await runs.all(cluster.executor(), count, 2, {}, async () => {
      await runs.begun(60);
      redis.freeze();
      await sleep(7000);
      redis.thaw();
    });
    expect(fulfilled).toBe(count);
    expect(runs.most).toBe(1);
  });

  test('has all its connections cut, again and again: nothing is lost, nothing runs twice', async () => {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    await using _host = await HostProcess.start(cluster);
    const cutter = new Redis(redis.url);
    const { fulfilled } = await runs.all(cluster.executor(), count, 2, {}, async () => {
      for (let cuts = 0; cuts < 5; cuts++) {
        await runs.begun(20 * (cuts + 1));
        await cutter.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await cutter.call('CLIENT', 'KILL', 'TYPE', 'pubsub', 'SKIPME', 'yes');
      }
    });
    cutter.disconnect();
    expect(fulfilled).toBe(count);
    expect(runs.most).toBe(1);
  });

  test('loses replies to others: told as lost, and never run again', async () => {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    await using _host = await HostProcess.start(cluster);
    const trimmer = new Redis(redis.url);
    const executor = cluster.executor();
    const { fulfilled, lost, others } = await runs.all(executor, 100, 2, { retries: 5 }, async () => {
      const stop = Date.now() + 1500;
      while (Date.now() < stop) {
        const streams = await trimmer.keys(`${keysOf(cluster.queue, undefined).prefix}:r:*`);
        for (const stream of streams) await trimmer.del(stream);
      }
    });
    trimmer.disconnect();
    expect(others).toEqual([]);
    expect(fulfilled + lost.length).toBe(100);
    expect(lost.every(({ finished }) => finished)).toBe(true);
    expect(runs.most).toBe(1);
  });
});

describe('a program', () => {
  test('cancels a thousand tasks that have not begun: none of them runs, and no place is lost', async () => {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    await cluster.host();
    const executor = cluster.executor({ maxPending: 1002 });
    for (let id = 0; id < 20; id++) await executor.run(remote.logged(runs.file, id));
    // Both threads of the host are held, so that none of the others has begun when they are cancelled.
    const [open, ...held] = ['open', 'one', 'other'].map((name) => join(runs.folder, name)) as [
      string,
      ...string[],
    ];
    for (const begun of held) {
      await executor.submit(remote.gated(begun, open));
      await eventually(() => expect(existsSync(begun)).toBe(true));
    }
    const futures = await Promise.all(
      Array.from({ length: 1000 }, (_, id) => executor.submit(remote.logged(runs.file, 20 + id))),
    );
    const cancelled = futures.filter((future) => future.cancel());
    expect(cancelled.length).toBe(1000);
    await Promise.all(futures.map((future) => future.outcome()));
    writeFileSync(open, '');
    // As many as before fit, once the answers of Redis are there.
    const more = await Promise.all(
      Array.from({ length: 1000 }, (_, id) => executor.submit(remote.add(id, 1))),
    );
    await Promise.all(more.map((future) => future.result()));
    expect(runs.counts.size).toBe(20);
    expect(runs.most).toBe(1);
    const stats = executor.stats();
    expect(stats).toMatchObject({ pending: 0, cancelled: cancelled.length, waiting: 0 });
  });

  test('is killed: nothing of it begins any more when its life sign is gone', async () => {
    await using redis = await TestRedis.start();
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    await using _host = await HostProcess.start(cluster);
    const script = `
      import { tasks } from 'millrace';
      import { ClusterExecutor } from 'millrace/cluster';
      const executor = new ClusterExecutor(${JSON.stringify({ connection: redis.url, queue: cluster.queue, secret })});
      const work = tasks(${JSON.stringify(workUrl.href)});
      for (let id = 0; id < 2000; id++) await executor.submit(work.logged(${JSON.stringify(runs.file)}, id, 50));`;
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: root,
      stdio: 'inherit',
    });
    await runs.begun(50);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const client = new Redis(redis.url);
    // As time would do it, after a minute.
    for (const key of await client.keys(`${keysOf(cluster.queue, undefined).prefix}:prod:*`))
      await client.del(key);
    client.disconnect();
    await eventually(async () => expect(await bullJobs(redis, cluster.queue)).toEqual([]));
    const then = runs.counts.size;
    await sleep(1000);
    expect(runs.counts.size).toBe(then);
    expect(then).toBeLessThan(500);
    expect(runs.most).toBe(1);
  });
});

test('a result of 50 MB arrives as it was', async () => {
  await using redis = await TestRedis.start();
  await using cluster = new TestCluster(redis);
  await cluster.host();
  const executor = cluster.executor();
  const bytes = await executor.run(remote.bytes(50_000_000));
  expect(bytes.length).toBe(50_000_000);
  expect(bytes.every((byte) => byte === 7)).toBe(true);
});
