import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { blocksOf, folderWith } from '../support/doc-blocks.ts';
import { send, textOf } from '../support/request.ts';
import { startServer, terminate } from '../support/server-process.ts';

const blocks = blocksOf('docs/overload.md');
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

test('every block of the page is run', () => {
  expect(blocks.map((code) => code.split('\n')[0])).toEqual(['// node:http']);
});

test("the guide's server: an image is a thumbnail, anything else is refused", async () => {
  const block = blocksOf('docs/guide.md').find((each) => each.startsWith("import fastify from 'fastify'"));
  const listens =
    "await app.listen({ port: process.env.PORT });\nprocess.once('SIGTERM', () => app.close());\n";
  const deadline = 'deadlineMs: 2000';
  expect(block).toContain(deadline);
  // No request of this test expires on a slow machine.
  const folder = folderWith(`${block?.replace(deadline, 'deadlineMs: 60_000')}${listens}`, ['fastify']);
  folders.push(folder);
  const server = await startServer(join(folder, 'main.mjs'), () => true);
  const create = { width: 2000, height: 1500, channels: 3, background: 'red' } as const;
  const image = await sharp({ create }).jpeg().toBuffer();
  const post = (body: string | Buffer, type: string, headers = {}) =>
    send(server.port, '/thumbnails', { body, headers: { 'content-type': type, ...headers } });
  const thumbnail = await post(image, 'image/jpeg');
  expect(thumbnail.headers['content-type']).toBe('image/jpeg');
  expect(await sharp(thumbnail.body).metadata()).toMatchObject({ width: 200, height: 150 });
  for (const type of ['text/plain', 'application/json']) {
    // A body that was text would be a path: of this image, for example.
    expect((await post(JSON.stringify('/tmp/any.jpg'), type)).status, type).toBe(415);
  }
  // Larger than what Fastify takes by itself, as photographs are.
  const large = await sharp({ create }).raw().toBuffer();
  expect((await post(large, 'image/jpeg')).status, 'no image').toBe(415);
  expect((await post('just text', 'image/jpeg')).status, 'text named .jpg').toBe(415);
  expect((await send(server.port, '/thumbnails', { method: 'POST' })).status, 'no body').toBe(415);
  // A picture of one pixel, whose header says 15,000 × 10,000.
  const bomb = await sharp({ create: { ...create, width: 1, height: 1 } })
    .png()
    .toBuffer();
  bomb.writeUInt32BE(15_000, 16);
  bomb.writeUInt32BE(10_000, 20);
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
  expect((await post(bomb, 'image/png')).status, 'a decompression bomb').toBe(413);
  expect((await post(image, 'image/jpeg', { 'request-timeout-ms': '1' })).status, 'too late').toBe(503);
  expect(await terminate(server)).toBe(0);
});

test('node:http: serves, refuses a deadline that is none, and ends on SIGTERM', async () => {
  const folder = folderWith(blocks[0] as string);
  folders.push(folder);
  // Any answer will do: the block has no health check.
  const server = await startServer(join(folder, 'main.mjs'), () => true);
  const answer = await send(server.port, '/', { body: 'abc' });
  expect(textOf(answer)).toBe(createHash('sha256').update('abc').digest('hex'));
  const refused = await send(server.port, '/', { body: 'abc', headers: { 'request-timeout-ms': 'soon' } });
  expect(refused.status).toBe(400);
  expect(textOf(refused)).toContain('request-timeout-ms');
  expect(await terminate(server)).toBe(0);
});
