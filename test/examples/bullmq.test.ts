import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { TestRedis } from '../cluster/support/redis.ts';

const main = fileURLToPath(new URL('../../examples/bullmq/main.js', import.meta.url));

test('jobs that take longer than their lock run once, tell their progress, and one is cancelled', async () => {
  await using redis = await TestRedis.start();
  const env = { ...process.env, REDIS_URL: redis.url };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, '3'], { env });
  expect(stderr).toBe('');
  const lines = stdout.trim().split('\n');
  for (const id of [1, 2, 3]) expect(lines).toContain(`job ${id}: 75 %`);
  expect(lines.slice(-3)).toEqual(['3 jobs done, 0 stalled', 'job 4: 0 %', 'job 4: not wanted any more']);
  const client = new Redis(redis.url);
  expect(await client.keys('*')).toEqual([]);
  client.disconnect();
});
