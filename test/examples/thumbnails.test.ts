import { once } from 'node:events';
import { connect } from 'node:net';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error: the example is plain JavaScript.
import { buildServer } from '../../examples/thumbnails/server.js';
import { jsonOf, open, portOf, send, textOf } from '../support/request.ts';
import type { Answer } from '../support/request.ts';
import { start, terminate } from './start.ts';
import type { Example } from './start.ts';

const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
const photograph = await sharp({
  create: { width: 1200, height: 800, channels: 3, background: 'black', noise },
})
  .jpeg()
  .toBuffer();

const boundary = 'frontier';
const multipart = { 'content-type': `multipart/form-data; boundary=${boundary}` };

/** One file as a form. */
function form(content: Uint8Array | string, name = 'photo.jpg', type = 'image/jpeg'): Buffer {
  return Buffer.concat([
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="image"; filename="${name}"\r\ncontent-type: ${type}\r\n\r\n`,
    ),
    Buffer.from(content as Uint8Array),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

let port: number;
const upload = (body: Uint8Array, path = '/thumbnails?width=100'): Promise<Answer> =>
  send(port, path, { body, headers: multipart });

/** A PNG of so many pixels in a few kilobytes. */
function bomb(side: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const check = Buffer.alloc(4);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc(side * (Math.ceil(side / 8) + 1)), { level: 9 });
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('thumbnails, as a process', () => {
  let example: Example;
  beforeAll(async () => {
    example = await start('thumbnails');
    ({ port } = example);
  }, 60_000);
  afterAll(() => terminate(example), 60_000);

  test('makes a thumbnail', async () => {
    const answer = await upload(form(photograph), '/thumbnails?width=120&format=webp');
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'image/webp' } });
    expect(await sharp(answer.body).metadata()).toMatchObject({ format: 'webp', width: 120, height: 80 });
  });

  test('exports metrics', async () => {
    const text = textOf(await send(port, '/metrics'));
    expect(text).toMatch(/millrace_tasks_total\{executor="millrace",outcome="fulfilled"\} \d/);
    expect(text).toContain('millrace_task_run_seconds_bucket');
  });

  test('ends with 0 on SIGTERM, having answered what it was doing', async () => {
    const own = await start('thumbnails');
    const path = '/thumbnails?width=600&format=webp';
    const answers = Array.from({ length: 6 }, () =>
      send(own.port, path, { body: form(photograph), headers: multipart }),
    );
    let busy = false;
    while (!busy) busy = /workers_busy\{[^}]*\} [1-9]/.test(textOf(await send(own.port, '/metrics')));
    expect(await terminate(own)).toBe(0);
    const settled = await Promise.all(answers);
    expect(settled.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect(settled.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
  });
});

describe('bad input', () => {
  let app: FastifyInstance;
  afterEach(() => app.close());

  async function serve(options: object = {}): Promise<void> {
    app = (await buildServer({ workers: 1, deadlineMs: 20_000, ...options })) as FastifyInstance;
    await app.listen({ port: 0, host: '127.0.0.1' });
    port = portOf(app.server);
  }

  /** The same thread still serves. */
  async function expectServing(): Promise<void> {
    expect((await upload(form(photograph))).status).toBe(200);
    expect(app.millrace.executor.stats()).toMatchObject({ pending: 0, running: 0 });
  }

  test('a text file named .jpg: 415 with the reason', async () => {
    await serve();
    const answer = await upload(form('just text'));
    expect(answer.status).toBe(415);
    expect(jsonOf(answer)).toMatchObject({ code: 'ERR_NOT_AN_IMAGE' });
    expect((await upload(form(photograph.subarray(0, 5000)))).status, 'half a photograph').toBe(415);
    expect((await upload(form(''))).status, 'nothing').toBe(415);
    await expectServing();
  });

  test('a type that is not accepted: 415', async () => {
    await serve();
    expect((await upload(form('<svg/>', 'a.svg', 'image/svg+xml'))).status).toBe(415);
    expect((await send(port, '/thumbnails?width=1', { body: 'text' })).status, 'no form').toBe(415);
    await expectServing();
  });

  test('a decompression bomb: 413 with the reason', async () => {
    await serve();
    const answer = await upload(form(bomb(20_000), 'bomb.png', 'image/png'));
    expect(answer.status).toBe(413);
    expect(jsonOf(answer).message).toContain('pixel');
    await expectServing();
  });

  test('an upload of 10 GB: 413 before it is read, and while it is when its length was not told', async () => {
    await serve({ maxBytes: 1_000_000 });
    const told = open(port, {
      path: '/thumbnails?width=1',
      method: 'POST',
      headers: { ...multipart, 'content-length': 10 * 2 ** 30 },
    });
    told.request.flushHeaders();
    expect((await told.answer).status).toBe(413);
    told.request.destroy();
    const untold = open(port, { path: '/thumbnails?width=1', method: 'POST', headers: multipart });
    untold.request.on('error', () => {});
    untold.request.write(form(Buffer.alloc(1000)).subarray(0, 500));
    const block = Buffer.alloc(64 * 1024);
    const answered: Answer[] = [];
    void untold.answer.then((answer) => answered.push(answer));
    while (answered.length === 0) {
      if (!untold.request.write(block)) await Promise.race([once(untold.request, 'drain'), untold.answer]);
    }
    expect(answered[0]?.status).toBe(413);
    // It goes on sending, and is cut off.
    const sending = setInterval(() => untold.request.write(block), 1);
    await new Promise<void>((resolve) => untold.request.once('close', () => resolve()));
    clearInterval(sending);
    await expectServing();
  });

  test('queries out of range: 400 with the reason', async () => {
    await serve();
    for (const bad of ['width=0', 'width=100000', 'width=abc', 'format=exe', '']) {
      const answer = await upload(form(photograph), `/thumbnails?${bad}`);
      expect(answer.status, bad).toBe(400);
      expect(jsonOf(answer).message).toMatch(/querystring/);
    }
    expect(
      (
        await send(port, '/thumbnails?width=1', {
          body: 'x',
          headers: { ...multipart, 'request-timeout-ms': '0' },
        })
      ).status,
    ).toBe(400);
    await expectServing();
  });

  test('no form, no file, or one that is not finished: 4xx', async () => {
    await serve();
    const empty = Buffer.from(`--${boundary}--\r\n`);
    expect((await upload(empty)).status, 'no file').toBe(400);
    for (const broken of [form(photograph).subarray(0, 2000), Buffer.from('rubbish')]) {
      const { status } = await upload(broken);
      expect(status, 'not finished').toBeGreaterThanOrEqual(400);
      expect(status, 'not finished').toBeLessThan(500);
    }
    await expectServing();
  });

  test('headers out of range: 431', async () => {
    await serve();
    const answer = await send(port, '/readyz', { headers: { 'x-long': 'x'.repeat(20_000) } });
    expect(answer.status).toBe(431);
    await expectServing();
  });

  test('a slow-loris body: 408, and its connection is gone', async () => {
    await serve({ uploadMs: 200 });
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `POST /thumbnails?width=1 HTTP/1.1\r\nhost: x\r\ncontent-type: ${multipart['content-type']}\r\n` +
        'content-length: 1000\r\n\r\n--fron',
    );
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1.1 408 /);
    await expectServing();
  });

  test('more uploads than may be read at a time: 503, and no more once they have ended', async () => {
    await serve({ maxUploads: 1 });
    const first = open(port, { path: '/thumbnails?width=1', method: 'POST', headers: multipart });
    first.request.write('--');
    let status = 200;
    while (status !== 503) ({ status } = await upload(form(photograph)));
    first.request.destroy();
    while (status === 503) ({ status } = await upload(form(photograph)));
    expect(status).toBe(200);
  });
});
