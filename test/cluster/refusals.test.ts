import { once } from 'node:events';
import { Redis } from 'ioredis';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inline, tasks } from 'millrace';
import type { Task } from 'millrace';
import { ClusterError, ClusterExecutor, WorkerHost } from 'millrace/cluster';
import { keysOf } from '../../src/cluster/wire/keys.ts';
import { eventually } from '../support/eventually.ts';
import { patienceMs } from '../support/patience.ts';
import { remote, secret, TestCluster, workUrl } from './support/cluster.ts';
import { TestRedis } from './support/redis.ts';
import { Runs } from './support/runs.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis[Symbol.asyncDispose]());

/** What a program is told that uses a queue at this Redis, which answers unless `connectTimeoutMs` is given. */
async function refusalOf(connection: string, connectTimeoutMs = patienceMs): Promise<ClusterError> {
  const executor = new ClusterExecutor({ connection, queue: 'refused', secret, connectTimeoutMs });
  const ready = executor.ready();
  const error = await executor.run(remote.add(1, 2)).catch((reason: unknown) => reason);
  await expect(ready).rejects.toBe(error);
  expect(error).toBeInstanceOf(ClusterError);
  await executor.shutdown();
  return error as ClusterError;
}

describe('a Redis that', () => {
  test('is down is named, with what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    const { message, code, redis: place, queue } = await refusalOf(`redis://127.0.0.1:${port}/3`, 3000);
    expect({ code, place, queue }).toEqual({
      code: 'ERR_MILLRACE_CLUSTER_REDIS',
      place: `127.0.0.1:${port}/3`,
      queue: 'refused',
    });
    expect(message).toMatch(
      /^Redis at 127\.0\.0\.1:\d+\/3, queue 'refused': .*ECONNREFUSED.*check that it runs/,
    );
  });

  // ioredis goes on in database 0, where another queue of that name may be.
  test('has no database of this number is named', async () => {
    const error = await refusalOf(`redis://127.0.0.1:${redis.port}/99`);
    expect(error.code).toBe('ERR_MILLRACE_CLUSTER_REDIS');
    expect(error.message).toMatch(/127\.0\.0\.1:\d+\/99, .*DB index.*no database of this number/);
  });

  test.each([
    'redis://localhost/tasks',
    'redis://localhost/1/2',
    { db: 'tasks' },
    { db: -1 },
    { db: Number.NaN },
  ])('is named with the database %o is refused', (connection) => {
    const open = () => new ClusterExecutor({ connection: connection as string, queue: 'refused', secret });
    expect(open).toThrow('connection must name a database by its number');
  });

  test('takes connections and does not answer is told from one that is down', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { message } = await refusalOf(`redis://127.0.0.1:${port}`, 800);
    expect(message).toMatch(/timed out.*does not answer.*TLS/);
    server.close();
  });

  test('has another password says so, and the password is in no part of the error', async () => {
    const planted = 'planted-password-4711';
    await using locked = await TestRedis.start('--requirepass', 'right');
    const refused = await refusalOf(`redis://:${planted}@127.0.0.1:${locked.port}`);
    expect(refused.message).toMatch(/WRONGPASS|invalid/);
    expect(refused.message).toContain('the user or password is wrong');
    for (let part: unknown = refused; part instanceof Error; part = part.cause)
      expect(JSON.stringify([part.message, part.stack, Object.entries(part)])).not.toContain(planted);
  });

  test('is a replica, and read-only', async () => {
    await using replica = await TestRedis.start('--replicaof', '127.0.0.1', String(redis.port));
    const { message, code } = await refusalOf(replica.url);
    expect({ code, message }).toEqual({
      code: 'ERR_MILLRACE_CLUSTER_UNFIT',
      message: `Redis at ${replica.place}, queue 'refused': it is a read-only replica: connect to the primary`,
    });
  });

  test('deletes keys when memory is short', async () => {
    await using evicting = await TestRedis.start('--maxmemory-policy', 'allkeys-lru');
    const { message } = await refusalOf(evicting.url);
    expect(message).toContain('maxmemory-policy is allkeys-lru');
    expect(message).toContain('CONFIG SET maxmemory-policy noeviction');
  });

  test('gives the user no rights', async () => {
    await using limited = await TestRedis.start();
    const admin = new Redis(limited.url);
    await admin.call('ACL', 'SETUSER', 'guest', 'on', '>guest', '~*', '&*', '-@all', '+ping', '+info');
    admin.disconnect();
    const { message } = await refusalOf(`redis://guest:guest@127.0.0.1:${limited.port}`);
    expect(message).toContain('NOPERM');
    expect(message).toContain('the user lacks rights');
  });
});

describe('a queue', () => {
  test('without hosts lets tasks wait, and their deadlines pass', async () => {
    await using cluster = new TestCluster(redis);
    const executor = cluster.executor();
    await expect(executor.run(remote.add(1, 2), { deadlineMs: 300 })).rejects.toMatchObject({
      code: 'ERR_MILLRACE_TIMEOUT',
      phase: 'pending',
    });
    const waits = executor.run(remote.add(1, 2));
    await cluster.host();
    expect(await waits).toBe(3);
  });

  test('without hosts tells so, if that was asked for', async () => {
    await using cluster = new TestCluster(redis);
    const executor = cluster.executor({ noHosts: { failAfterMs: 100 } });
    const error = await executor.run(remote.add(1, 2)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'ERR_MILLRACE_CLUSTER_NO_HOSTS',
      queue: cluster.queue,
      redis: redis.place,
    });
    expect((error as Error).message).toContain(`start one with millrace worker --queue ${cluster.queue}`);
    await cluster.host();
    await executor.ready();
    expect(await executor.run(remote.add(1, 2))).toBe(3);
  });

  test('whose hosts have another secret tells so, and nothing runs', async () => {
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    const warnings: string[] = [];
    await cluster.host({
      secret: 'another secret of enough letters',
      onWarning: (text) => warnings.push(text),
    });
    const executor = cluster.executor();
    await expect(executor.run(remote.logged(runs.file, 1))).rejects.toMatchObject({
      code: 'ERR_MILLRACE_CLUSTER_UNFIT',
      message: expect.stringContaining('has another secret than this process'),
    });
    expect(runs.counts.size).toBe(0);
  });

  test('of another release is another queue', async () => {
    await using cluster = new TestCluster(redis);
    await cluster.host({ release: 'r1' });
    const old = cluster.executor({ release: 'r1' });
    const fresh = cluster.executor({ release: 'r2', noHosts: { failAfterMs: 300 } });
    await expect(fresh.run(remote.add(1, 2))).rejects.toMatchObject({
      code: 'ERR_MILLRACE_CLUSTER_NO_HOSTS',
    });
    expect(await old.run(remote.add(1, 2))).toBe(3);
    expect(old.hosts()[0]?.release).toBe('r1');
    const told = await fresh.run(remote.add(1, 2)).catch((reason: unknown) => reason);
    expect((told as Error).message).toContain(`the queue '${cluster.queue}', release 'r2' (${redis.place})`);
    expect((told as Error).message).toContain(`millrace worker --queue ${cluster.queue} --release r2`);
  });
});

describe('what is sealed', () => {
  /** Takes a batch out of the queue as others might, and puts it back as they like. */
  async function withBatch(
    change: (data: Record<string, unknown>, id: string) => [data: Record<string, unknown>, id: string],
  ): Promise<{ readonly runs: number; readonly refused: number }> {
    await using cluster = new TestCluster(redis);
    using runs = new Runs();
    const { prefix } = keysOf(cluster.queue, undefined);
    const client = new Redis(redis.url);
    const host = await cluster.host({ onWarning: () => {} });
    const executor = cluster.executor();
    await executor.ready();
    // Seen before the host has it: BullMQ's marker is taken away while the batch is added.
    let seen: [data: Record<string, unknown>, id: string] | undefined;
    const monitor = await client.monitor();
    monitor.on('monitor', (_time: string, args: string[]) => {
      const json = args.find((each) => each.startsWith('{"p":'));
      const id = args.find((each) => /^[0-9a-f-]{36}-\d+$/.test(each) || each.includes('jobId'));
      if (json !== undefined && seen === undefined) seen = [JSON.parse(json), id ?? ''];
    });
    await executor.run(remote.logged(runs.file, 1));
    // On a connection of its own, it may come after the result.
    await eventually(() => expect(seen).toBeDefined());
    monitor.disconnect();
    const keysBefore = await client.keys(`${prefix}:b:*`);
    const id = (keysBefore[0] as string).slice(`${prefix}:b:`.length);
    const { Queue } = await import('bullmq');
    const queue = new Queue('batches', { connection: client, prefix });
    const [data, as] = change(seen?.[0] as Record<string, unknown>, id);
    const before = host.counts;
    await queue.add('again', data, { jobId: as, removeOnComplete: true, removeOnFail: true });
    while (host.counts.batches + host.counts.refused === before.batches + before.refused)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await queue.close();
    client.disconnect();
    return { runs: runs.counts.get(1) ?? 0, refused: host.counts.refused };
  }

  test('a batch that is played again does not run again', async () => {
    expect(await withBatch((data, id) => [data, id])).toEqual({ runs: 1, refused: 0 });
  });

  test('a batch under another name is refused', async () => {
    expect(await withBatch((data, id) => [data, `${id}0`])).toEqual({ runs: 1, refused: 1 });
  });

  test('a batch with another seal is refused', async () => {
    expect(await withBatch((data, id) => [{ ...data, s: 'AAAA' }, id])).toEqual({ runs: 1, refused: 1 });
  });

  test('a batch that is none is refused', async () => {
    expect(await withBatch((_, id) => [{ p: 1, b: {} }, id])).toEqual({ runs: 1, refused: 1 });
  });
});

describe('a task', () => {
  test('of a module that no host has names it, the queue and the remedy', async () => {
    await using cluster = new TestCluster(redis);
    await cluster.host();
    const folder = mkdtempSync(join(tmpdir(), 'millrace-other-'));
    writeFileSync(join(folder, 'package.json'), '{ "name": "shop" }');
    copyFileSync(fileURLToPath(workUrl), join(folder, 'work.mjs'));
    const other = tasks<typeof import('../fixtures/remote.mjs')>(pathToFileURL(join(folder, 'work.mjs')));
    const executor = cluster.executor();
    const error = (await executor.run(other.add(1, 2)).catch((reason: unknown) => reason)) as Error;
    rmSync(folder, { recursive: true });
    expect(error).toMatchObject({ name: 'InvalidTaskError' });
    expect(error.message).toContain(
      `no host of the queue '${cluster.queue}' (${redis.place}) has the module shop/work.mjs`,
    );
    expect(error.message).toContain('--tasks shop/work.mjs=PATH');
    expect(error.message).toMatch(/has millrace\/test\/fixtures\/remote\.mjs [0-9a-f]{16}/);
  });

  test('of a function that is missing says which there are', async () => {
    await using cluster = new TestCluster(redis);
    await cluster.host();
    const unknown = tasks<{ nothing: () => void }>(workUrl);
    await expect(cluster.executor().run(unknown.nothing())).rejects.toMatchObject({
      name: 'InvalidTaskError',
      message: expect.stringContaining("has no function 'nothing' (its functions: add"),
    });
  });

  test('of inline() runs only where that is allowed', async () => {
    await using cluster = new TestCluster(redis);
    const executor = cluster.executor();
    await cluster.host();
    await expect(executor.run(inline(() => 1))).rejects.toMatchObject({
      name: 'InvalidTaskError',
      message: expect.stringContaining('--allow-inline'),
    });
    await using allowing = new TestCluster(redis);
    await allowing.host({ allowInline: true });
    expect(await allowing.executor().run(inline((n: number) => n + 1, 1))).toBe(2);
  });

  test('of a module that is no file is refused', async () => {
    await using cluster = new TestCluster(redis);
    await cluster.host();
    const data = tasks<{ run: () => void }>('data:text/javascript,export const run = () => 1');
    await expect(cluster.executor().run(data.run())).rejects.toMatchObject({ name: 'InvalidTaskError' });
  });

  test.each([
    ['shared memory', new SharedArrayBuffer(8)],
    ['a function', () => {}],
    ['a blob', new Blob(['text'])],
    ['a port', new MessageChannel().port1],
  ])('with %s as an argument fails by itself', async (_, value) => {
    await using cluster = new TestCluster(redis);
    await cluster.host();
    const executor = cluster.executor();
    const [bad, ...good] = await Promise.all(
      [{ deep: [value] }, 1, 2].map((argument) => executor.submit(remote.echo(argument))),
    );
    await expect(bad?.result()).rejects.toMatchObject({
      name: 'DataCloneError',
      message: expect.stringMatching(/^args/),
    });
    expect(await Promise.all(good.map((future) => future.result()))).toEqual([1, 2]);
  });

  test('whose result can’t leave its host fails by itself', async () => {
    await using cluster = new TestCluster(redis);
    await cluster.host();
    const executor = cluster.executor();
    const results = [remote.unsendable(), remote.add(1, 2)].map((task) =>
      executor.run(task as Task<unknown>),
    );
    await expect(results[0]).rejects.toMatchObject({ name: 'DataCloneError' });
    expect(await results[1]).toBe(3);
  });

  test('that is strictly compared must be the same on both sides', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-strict-'));
    writeFileSync(join(folder, 'work.mjs'), 'export const add = () => 0;');
    await using cluster = new TestCluster(redis);
    await cluster.host({
      strict: true,
      tasks: [`millrace/test/fixtures/remote.mjs=${join(folder, 'work.mjs')}`],
    });
    await expect(cluster.executor().run(remote.add(1, 2))).rejects.toMatchObject({
      name: 'InvalidTaskError',
      message: expect.stringContaining('has another version of millrace/test/fixtures/remote.mjs'),
    });
    rmSync(folder, { recursive: true });
  });
});

test.each<[string, object, RegExp]>([
  ['no secret', { connection: 'redis://x', queue: 'q' }, /secret is missing/],
  [
    'a short secret',
    { connection: 'redis://x', queue: 'q', secret: 'short' },
    /secret must be .* at least 16/,
  ],
  ['both', { connection: 'redis://x', queue: 'q', secret, insecure: true }, /insecure must not/],
  ['no connection', { queue: 'q', secret }, /connection must be a URL/],
  ['a bad URL', { connection: 'http://user:planted-4711@x', queue: 'q', secret }, /connection must be a URL/],
  [
    'a prefix of keys',
    { connection: { keyPrefix: 'planted-4711:' }, queue: 'q', secret },
    /connection must have no keyPrefix/,
  ],
  [
    'a prefix of keys in a URL',
    { connection: 'redis://x?keyPrefix=planted-4711', queue: 'q', secret },
    /connection must have no keyPrefix/,
  ],
  [
    'a map of modules',
    { connection: 'redis://x', queue: 'q', secret, modules: new Map() },
    /modules must be/,
  ],
  [
    'an unknown option of noHosts',
    { connection: 'redis://x', queue: 'q', secret, noHosts: { failAfterMs: 1, after: 2 } },
    /unknown noHosts option 'after'/,
  ],
  ['a bad queue', { connection: 'redis://x', queue: 'a:b', secret }, /queue must be a name/],
  [
    'an unknown option',
    { connection: 'redis://x', queue: 'q', secret, workers: 3 },
    /unknown cluster option 'workers'/,
  ],
])('with %s no executor is made, and no secret is repeated', (_, options, message) => {
  let error: unknown;
  try {
    void new ClusterExecutor(options as never);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ name: 'InvalidOptionError', message: expect.stringMatching(message) });
  expect(
    JSON.stringify([(error as Error).message, (error as Error).stack, Object.entries(error as Error)]),
  ).not.toMatch(/planted-4711|short'/);
});

test('a host refuses what is no module', () => {
  const options = { connection: 'redis://x', queue: 'q', secret };
  for (const path of ['./nowhere.js', 'data:text/javascript,', 'node:fs', 'https://example.com/x.js'])
    expect(() => new WorkerHost({ ...options, tasks: [path] })).toThrow(/^tasks/);
  const folder = fileURLToPath(new URL('.', workUrl));
  expect(() => new WorkerHost({ ...options, tasks: [folder] })).toThrow(/is a directory$/);
});

test('what is read item by item is refused at once, on the way out and on the way in', async () => {
  await using executor = new ClusterExecutor({ connection: redis.url, queue: 'items', secret });
  async function* numbers() {
    yield 1;
  }
  const reading = inline(async (items: AsyncIterable<number>) => {
    for await (const item of items) return item;
    return 0;
  }, numbers());
  await expect(executor.run(reading)).rejects.toMatchObject({
    name: 'InvalidTaskError',
    message: expect.stringMatching(/^args\[1\] is an async iterable, .*ClusterExecutor/),
  });
  const yielding = inline(function* () {
    yield 1;
  });
  expect(() => executor.iterate(yielding)).toThrow(/ClusterExecutor/);
  expect(executor.stats()).toMatchObject({ submitted: 0 });
});
