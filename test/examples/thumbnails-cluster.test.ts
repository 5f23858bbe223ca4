import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
// @ts-expect-error: the example is plain JavaScript.
import { buildServer } from '../../examples/thumbnails/server.js';
import { secret, TestCluster } from '../cluster/support/cluster.ts';
import { HostProcess } from '../cluster/support/host-process.ts';
import { bullJobs, checkKeys } from '../cluster/support/keys.ts';
import { TestRedis } from '../cluster/support/redis.ts';
import { eventually } from '../support/eventually.ts';
import { portOf, send, textOf } from '../support/request.ts';
import type { Answer } from '../support/request.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** As a form with one file: each picture is of one colour, so that answers can be told apart. */
async function form(red: number): Promise<Buffer> {
  const background = { r: red, g: 40, b: 200 };
  const picture = await sharp({ create: { width: 600, height: 400, channels: 3, background } })
    .png()
    .toBuffer();
  const disposition = 'content-disposition: form-data; name="image"; filename="a.png"';
  return Buffer.concat([
    Buffer.from(`--frontier\r\n${disposition}\r\ncontent-type: image/png\r\n\r\n`),
    picture,
    Buffer.from('\r\n--frontier--\r\n'),
  ]);
}

/** Is it the thumbnail of that picture? */
async function expectThumbnail({ body }: Answer, red: number): Promise<void> {
  const { data, info } = await sharp(body).raw().toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: 300, height: 200 });
  expect([data[0], data[1], data[2]]).toEqual([red, 40, 200]);
}

test('over two hosts, asked for four times what it has room for: the right pictures or 503, and nothing is left', async () => {
  await using redis = await TestRedis.start();
  await using cluster = new TestCluster(redis);
  const host = (): Promise<HostProcess> => HostProcess.start(cluster, ['--tasks', 'millrace/tasks']);
  await using one = await host();
  await using other = await host();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-thumbnails-'));
  // All that makes it a program on many machines.
  vi.stubEnv('MILLRACE_REDIS_URL', redis.url);
  vi.stubEnv('MILLRACE_SECRET', secret);
  vi.stubEnv('MILLRACE_QUEUE', cluster.queue);
  // No upload is refused before it is one, and none expires on a slow machine.
  const options = { folder, maxUploads: 1000, deadlineMs: 100_000 };
  const app = (await buildServer(options)) as FastifyInstance;
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { executor } = app.millrace;
  expect(executor.capacity).toBe(64);

  const forms = await Promise.all(Array.from({ length: 10 }, (_, n) => form(20 * n)));
  const upload = (n: number): Promise<Answer> =>
    send(portOf(app.server), '/thumbnails?width=300&format=png', {
      body: forms[n % forms.length] as Buffer,
      headers: { 'content-type': 'multipart/form-data; boundary=frontier' },
    });
  // Both hosts stand still until the first upload is refused: fast ones would make room as quickly as uploads arrive.
  for (const { child } of [one, other]) child.kill('SIGSTOP');
  const flood = Array.from({ length: 4 * executor.capacity }, (_, n) => upload(n));
  expect((await Promise.race(flood)).status).toBe(503);
  for (const { child } of [one, other]) child.kill('SIGCONT');
  const answers = await Promise.all(flood);
  let refused = 0;
  for (const [n, answer] of answers.entries()) {
    if (answer.status === 200) await expectThumbnail(answer, 20 * (n % forms.length));
    else {
      refused++;
      expect(answer.status, textOf(answer)).toBe(503);
      expect(answer.headers['retry-after'] ?? textOf(answer)).toMatch(/^[1-9]\d*$/);
    }
  }
  expect(refused).toBeGreaterThan(0);
  expect(answers.length - refused).toBeGreaterThanOrEqual(executor.capacity);

  const [root = ''] = readdirSync(folder);
  await eventually(() => expect(readdirSync(join(folder, root))).toEqual([]));
  expect(executor.stats()).toMatchObject({ pending: 0, running: 0, waiting: 0, pendingBytes: 0 });
  expect((await upload(1)).status).toBe(200);
  await app.close();
  expect(readdirSync(folder)).toEqual([]);
  await eventually(async () => expect(await bullJobs(redis, cluster.queue)).toEqual([]));
  await checkKeys(redis, cluster.queue);
  rmSync(folder, { recursive: true });
});
