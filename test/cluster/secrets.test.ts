import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { remote, TestCluster, workUrl } from './support/cluster.ts';
import { HostProcess } from './support/host-process.ts';
import { bullJobs, checkKeys } from './support/keys.ts';
import { TestRedis } from './support/redis.ts';
import { Runs } from './support/runs.ts';

const planted = {
  password: 'planted-password-4711',
  secret: 'planted-secret-4712-of-enough-letters',
  argument: 'planted-argument-4713',
};
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** What a command prints, on both streams. */
async function output(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, [cli, ...args], { env: { ...process.env, ...env } });
  const texts: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => texts.push(String(chunk)));
  await once(child, 'close');
  return texts.join('');
}

test('no password, secret or argument is in any line, error or status', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-secrets-'));
  await using redis = await TestRedis.start('--requirepass', planted.password);
  const url = `redis://:${planted.password}@127.0.0.1:${redis.port}`;
  await using cluster = new TestCluster(redis);
  const env = { MILLRACE_REDIS_URL: url, MILLRACE_SECRET: planted.secret };
  await using host = await HostProcess.start(cluster, [], { env });
  const said: string[] = [];
  const executor = cluster.executor({ connection: url, secret: planted.secret });
  // What fails, in all its ways, with the argument in hand.
  for (const task of [
    remote.echo(planted.argument),
    remote.echo({ [planted.argument]: new SharedArrayBuffer(1) }),
    remote.echo(new URL(`https://${planted.argument}:${planted.argument}@host/`)),
    remote.echo(new Headers({ authorization: planted.argument })),
    remote.echo(new Uint8Array(new SharedArrayBuffer(1))),
  ]) {
    const reason: unknown = await executor.run(task).catch((error: unknown) => error);
    if (reason instanceof Error)
      said.push(reason.message.replaceAll(`args[0][${JSON.stringify(planted.argument)}]`, ''));
  }
  const inFlight = await executor.submit(remote.spin(3000), { label: 'long' });
  while (inFlight.state !== 'running') await new Promise((resolve) => setTimeout(resolve, 10));
  for (const flags of [[], ['--json']])
    said.push(await output(['cluster', 'status', '--queue', cluster.queue, ...flags], env));
  // And those who have it wrong.
  const wrong = `redis://:${planted.password}-wrong@127.0.0.1:${redis.port}`;
  writeFileSync(join(folder, 'url'), `${wrong}\n`);
  const worker = ['worker', '--queue', cluster.queue, '--tasks', fileURLToPath(workUrl)];
  said.push(
    await output([...worker, '--redis-file', join(folder, 'url')], { MILLRACE_SECRET: planted.secret }),
  );
  said.push(
    await output([...worker, '--redis', `http://${planted.password}@x`], { MILLRACE_SECRET: planted.secret }),
  );
  said.push(await output([...worker, '--redis', wrong, '--secret-file', join(folder, 'none')], {}));
  // Its end is told, too. What is in flight would wait for it to come back.
  await redis.kill();
  inFlight.cancel('enough');
  said.push((await inFlight.outcome()).status);
  said.push(...host.lines, JSON.stringify(executor.hosts()), JSON.stringify(executor.stats()));
  rmSync(folder, { recursive: true });
  expect(said.join('\n')).toMatch(/WRONGPASS|invalid/);
  expect(said.join('\n')).toContain(`127.0.0.1:${redis.port}/0`);
  for (const secret of Object.values(planted)) expect(said.join('\n')).not.toContain(secret);
});

test('every key expires but the epoch and those that are BullMQ’s own', async () => {
  await using redis = await TestRedis.start();
  await using cluster = new TestCluster(redis);
  using runs = new Runs();
  await using _host = await HostProcess.start(cluster);
  const executor = cluster.executor();
  await runs.all(executor, 300, 0);
  await executor.run(remote.bytes(2_000_000));
  await executor.run(remote.echo(Buffer.alloc(2_000_000)));
  const inFlight = await executor.submit(remote.spin(500));
  await checkKeys(redis, cluster.queue);
  await inFlight.result();
  await executor.shutdown();
  await checkKeys(redis, cluster.queue);
  expect(await bullJobs(redis, cluster.queue)).toEqual([]);
});
