import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { runScript } from '../support/run-script.ts';
import { secret, workUrl } from './support/cluster.ts';
import { TestRedis } from './support/redis.ts';

/*
 * A program ends by itself once it has nothing to wait for, whether Redis is there or not.
 */

const begin = (connection: string, more = {}) => `
  import { ClusterExecutor } from 'millrace/cluster';
  const remote = tasks("${workUrl.href}");
  const executor = new ClusterExecutor(${JSON.stringify({ connection, queue: 'end', secret, ...more })});
`;

test('after Redis could not be reached', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  const { stdout, stderr, code } = await runScript(`
    ${begin(`redis://127.0.0.1:${port}`, { connectTimeoutMs: 300 })}
    console.log(await executor.run(remote.add(1, 2)).catch(({ code }) => code));
  `);
  expect({ stdout, stderr, code }).toEqual({ stdout: 'ERR_MILLRACE_CLUSTER_REDIS\n', stderr: '', code: 0 });
});

test('after its last task was given up while Redis was away', async () => {
  await using redis = await TestRedis.start();
  const { stdout, stderr, code } = await runScript(`
    import { Redis } from 'ioredis';
    ${begin(redis.url)}
    const future = await executor.submit(remote.add(1, 2));
    const client = new Redis('${redis.url}', { retryStrategy: () => null });
    client.on('error', () => {});
    while (!String(await client.call('CLIENT', 'LIST')).includes(':replies')) await null;
    await client.shutdown('NOSAVE').catch(() => {});
    client.disconnect();
    future.cancel('enough');
    console.log((await future.outcome()).status);
  `);
  expect({ stdout, stderr, code }).toEqual({ stdout: 'cancelled\n', stderr: '', code: 0 });
});
