import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error: the example is plain JavaScript.
import { buildServer } from '../../examples/thumbnails/server.js';
import { Gate } from '../support/gate.ts';
import { closed, jsonOf, open, portOf, send, sendForEver, textOf } from '../support/request.ts';
import type { Answer } from '../support/request.ts';
import { rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';
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

/** A PNG of so many black pixels, in a few kilobytes. Its header may tell of more. */
function blackPng(width: number, height: number, told: [number, number] = [width, height]): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const check = Buffer.alloc(4);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(told[0], 0);
  header.writeUInt32BE(told[1], 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc(height * (Math.ceil(width / 8) + 1)), { level: 9 });
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** An animation of 10 × 10 pixels. */
function gif(frames: number): Buffer {
  const header = Buffer.from('4749463839610a000a00800000000000ffffff', 'hex');
  const frame = Buffer.from('21f90400010000002c000000000a000a000002024c0100', 'hex');
  return Buffer.concat([header, ...Array.from({ length: frames }, () => frame), Buffer.from(';')]);
}

describe('thumbnails, as a process', () => {
  let example: Example;
  beforeAll(async () => {
    example = await start('thumbnails');
    ({ port } = example);
  });
  afterAll(() => terminate(example));

  test('makes a thumbnail', async () => {
    const answer = await upload(form(photograph), '/thumbnails?width=120&format=webp');
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'image/webp' } });
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
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
    await Promise.race(answers);
    expect(await terminate(own)).toBe(0);
    const settled = await Promise.all(answers);
    expect(settled.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect(settled.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
  });
});

let app: FastifyInstance;
let folder: string;
let threadStarts = 0;
subscribe('millrace:worker:start', () => threadStarts++);

async function serve(options: object = {}): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'test-'));
  app = (await buildServer({ workers: 1, deadlineMs: 20_000, folder, ...options })) as FastifyInstance;
  await app.listen({ port: 0, host: '127.0.0.1' });
  port = portOf(app.server);
  await app.millrace.executor.ready();
  threadStarts = 0;
}

/** Of an upload, but for the length of its body. */
const head = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${multipart['content-type']}\r\n`;

/** The server's own folder, which has one for each request. */
const root = (): string => join(folder, readdirSync(folder)[0] as string);
const requests = (): string[] => readdirSync(root());

/** Ends the server, which leaves nothing behind. */
async function end(): Promise<void> {
  await app.close();
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
}

describe('streams', () => {
  afterEach(end);

  test('nothing is left of a request, whenever its client goes away', async () => {
    await serve();
    const body = form(photograph);
    for (const sent of [0, 10, 200, 2000, body.length - 1, body.length]) {
      const { request } = open(port, {
        path: '/thumbnails?width=1000&format=webp',
        method: 'POST',
        headers: { ...multipart, 'content-length': body.length },
      });
      request.write(body.subarray(0, sent));
      while (requests().length === 0) await rounds(1);
      request.destroy();
      while (requests().length > 0) await rounds(1);
    }
    expect((await upload(body)).status).toBe(200);
    while (requests().length > 0) await rounds(1);
  });

  test('200 clients that reset after their headers leave no folder', async () => {
    await serve({ maxUploads: 200 });
    const clients = new Map<number | undefined, Socket>();
    const gone: Promise<unknown>[] = [];
    // Before the server takes a look: while it makes the folder it hears of the reset.
    app.server.prependListener('request', ({ socket }: IncomingMessage) => {
      gone.push(closed(socket));
      clients.get(socket.remotePort)?.resetAndDestroy();
    });
    for (let left = 200; left > 0; left--) {
      const client = connect(port, '127.0.0.1').on('error', () => {});
      await once(client, 'connect');
      clients.set(client.localPort, client);
      client.write(`${head('/thumbnails?width=100')}content-length: 1000\r\n\r\n`);
    }
    while (gone.length < 200) await rounds(1);
    await Promise.all(gone);
    expect((await upload(form(photograph))).status).toBe(200);
    while (requests().length > 0) await rounds(1);
    expect(requests()).toEqual([]);
  });

  test('uploads that are pipelined give their places back, and their folders, when their client goes', async () => {
    await serve({ maxUploads: 5 });
    const barrier = new Gate();
    const occupied = app.millrace.executor.run(work.pass(barrier.shared));
    await barrier.arrivals();
    const body = form(photograph);
    const one = Buffer.from(`${head('/thumbnails?width=100')}content-length: ${body.length}\r\n\r\n`);
    const client = connect(port, '127.0.0.1').on('error', () => {});
    client.write(Buffer.concat(Array.from({ length: 5 }, () => [one, body]).flat()));
    while (app.millrace.executor.stats().pending < 5) await rounds(1);
    expect((await upload(body)).status).toBe(503);
    client.destroy();
    while (app.millrace.executor.stats().pending > 0 || requests().length > 0) await rounds(1);
    barrier.open();
    await occupied;
    expect((await upload(body)).status).toBe(200);
  });

  test('ends within its bound, whoever is connected and says nothing more', async () => {
    await serve({ closeMs: 0 });
    const ends = ['', 'POST /thumb', `${head('/thumbnails?width=100')}content-length: 9\r\n\r\n`].map(
      (says) => {
        const client = connect(port, '127.0.0.1').on('error', () => {});
        client.write(says);
        return closed(client.resume());
      },
    );
    while (requests().length === 0) await rounds(1);
    await app.close();
    await Promise.all(ends);
    expect(app.server.listening).toBe(false);
  });

  test('a client that does not read its answer is cut off', async () => {
    await serve();
    expect(app.server.timeout).toBe(60_000);
    const connected = once(app.server, 'connection');
    const large = await sharp({
      create: { width: 1800, height: 1800, channels: 3, background: 'black', noise },
    })
      .png()
      .toBuffer();
    const body = form(large, 'large.png', 'image/png');
    const socket = connect(port, '127.0.0.1').pause();
    socket.write(
      `POST /thumbnails?width=1800&format=png HTTP/1.1\r\nhost: x\r\ncontent-type: ${multipart['content-type']}\r\n` +
        `content-length: ${body.length}\r\n\r\n`,
    );
    socket.write(body);
    while (!requests().some((name) => existsSync(join(root(), name, 'thumbnail')))) await rounds(1);
    // What the server would do after a minute.
    const [served] = (await connected) as [Socket];
    served.setTimeout(50);
    while (requests().length > 0) await rounds(1);
    socket.destroy();
  });

  test('a disk that fails is not the client’s fault, nor its business', async () => {
    await serve();
    rmSync(root(), { recursive: true });
    const answer = await upload(form(photograph));
    expect(answer.status).toBe(500);
    expect(jsonOf(answer).message).toBe('Internal Server Error');
  });
});

describe('bad input', () => {
  afterEach(end);

  /** The same thread still serves. */
  async function expectServing(): Promise<void> {
    expect((await upload(form(photograph))).status).toBe(200);
    expect(app.millrace.executor.stats()).toMatchObject({ pending: 0, running: 0 });
    expect(threadStarts).toBe(0);
  }

  test('what is no image: 415 with the reason', async () => {
    await serve();
    const svg =
      '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&x;</svg>';
    const tail = Buffer.alloc(2000, 0xff);
    for (const [name, content] of [
      ['text', 'just text'],
      ['nothing', ''],
      ['half a photograph', photograph.subarray(0, photograph.length / 2)],
      ['the first bytes of one', photograph.subarray(0, 3)],
      ['SVG with an external entity', svg],
      ['PDF', '%PDF-1.4'],
      ['no TIFF', Buffer.concat([Buffer.from('II*\0'), tail])],
      ['no HEIF', Buffer.concat([Buffer.from('\0\0\0\x18ftypheic'), tail])],
      ['a PNG without pixels', blackPng(0, 0)],
      ['a PNG of 2^31 × 2^31 pixels, it says', blackPng(10, 10, [2 ** 31 - 1, 2 ** 31 - 1])],
    ] as const) {
      const answer = await upload(form(content));
      expect(answer.status, name).toBe(415);
      expect(jsonOf(answer)).toMatchObject({ code: 'ERR_MILLRACE_NOT_AN_IMAGE' });
      expect(jsonOf(answer).message, name).toMatch(/^the upload is not an image/);
    }
    await expectServing();
  });

  test('a type that is not accepted, or none: 415', async () => {
    await serve();
    expect((await upload(form('<svg/>', 'a.svg', 'image/svg+xml'))).status).toBe(415);
    expect((await upload(form(photograph, 'a.jpg', ''))).status, 'a part without').toBe(415);
    for (const type of [undefined, 'application/json', ';;;']) {
      const headers = type === undefined ? {} : { 'content-type': type };
      const answer = await send(port, '/thumbnails?width=1', { body: form(photograph), headers });
      expect(answer.status, type).toBe(415);
    }
    await expectServing();
  });

  test('too many pixels: 413 with the reason', async () => {
    await serve();
    for (const [name, bomb, reason] of [
      ['a decompression bomb', blackPng(20_000, 20_000), 'pixel limit'],
      ['more than it has', blackPng(10, 10, [30_000, 30_000]), 'pixel limit'],
      ['a long thin one', blackPng(1, 100_000), 'a side of 100000 pixels'],
    ] as const) {
      const answer = await upload(form(bomb, 'bomb.png', 'image/png'));
      expect(answer.status, name).toBe(413);
      expect(jsonOf(answer).message, name).toContain(reason);
    }
    await expectServing();
  });

  test('odd images that are images: a thumbnail', async () => {
    await serve();
    for (const [name, content, width] of [
      ['one pixel', blackPng(1, 1), 1],
      ['49 million pixels', blackPng(7000, 7000), 100],
      ['5,000 frames, of which the first counts', gif(5000), 10],
    ] as const) {
      const answer = await upload(form(content, 'odd', 'image/png'));
      expect(answer.status, name).toBe(200);
      expect((await sharp(answer.body).metadata()).width, name).toBe(width);
    }
    await expectServing();
  });

  test('an upload of 10 GB: 413 before it is read, and while it is when its length was not told', async () => {
    await serve({ maxBytes: 1_000_000 });
    expect(await sendForEver(port, '/thumbnails?width=1', multipart)).toMatch(/^HTTP\/1.1 413 /);
    const untold = { ...multipart, 'transfer-encoding': 'chunked' };
    const begin = form(Buffer.alloc(1000)).subarray(0, 500);
    const answer = await sendForEver(port, '/thumbnails?width=1', untold, begin);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain('an upload may have 1000000 bytes at the most');
    // Where the parser counts nothing.
    const file = form(photograph);
    for (const [where, start] of [
      ['before the first part', Buffer.alloc(1000)],
      ['in the headers of a part', file.subarray(0, 80)],
      ['behind the last part', file],
    ] as const) {
      expect(await sendForEver(port, '/thumbnails?width=1', untold, start), where).toMatch(/^HTTP\/1.1 413 /);
    }
    await expectServing();
  });

  test('queries out of range: 400 with the reason', async () => {
    await serve();
    for (const bad of ['width=0', 'width=100000', 'width=abc', 'format=exe', 'width=9&format=avif', '']) {
      const answer = await upload(form(photograph), `/thumbnails?${bad}`);
      expect(answer.status, bad).toBe(400);
      expect(jsonOf(answer).message).toMatch(/querystring/);
    }
    await expectServing();
  });

  test('deadlines that are none: 400 with the reason; one out of all reason is the server’s', async () => {
    await serve();
    for (const bad of ['NaN', '-5', '1e308', '0', '', '1.5', '5, 6', '9'.repeat(20), ['5', '6']]) {
      const headers = { ...multipart, 'request-timeout-ms': bad };
      const answer = await send(port, '/thumbnails?width=1', { body: form(photograph), headers });
      expect(answer.status, String(bad)).toBe(400);
      expect(jsonOf(answer).message).toContain('request-timeout-ms');
    }
    const headers = { ...multipart, 'request-timeout-ms': '999999999999999' };
    expect((await send(port, '/thumbnails?width=1', { body: form(photograph), headers })).status).toBe(200);
    await expectServing();
  });

  test('a form that is none, is not finished or has too much: 4xx with the reason', async () => {
    await serve();
    const file = form(photograph);
    const end = Buffer.from(`--${boundary}--\r\n`);
    const one = file.subarray(0, file.length - end.length);
    const field = Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="a"\r\n\r\nx\r\n`);
    const long = Buffer.from(`--${boundary}\r\nx: ${'y'.repeat(1e6)}\r\n\r\nx\r\n`);
    const ofType = (type: string, body: Buffer) =>
      send(port, '/thumbnails?width=1', { body, headers: { 'content-type': `multipart/form-data${type}` } });
    for (const [name, answering, status] of [
      ['no part', upload(end), 400],
      ['no body', upload(Buffer.alloc(0)), 400],
      ['not finished', upload(file.subarray(0, 2000)), 400],
      ['rubbish', upload(Buffer.from('rubbish')), 400],
      ['another boundary', ofType('; boundary=other', file), 400],
      ['no boundary', ofType('', file), 400],
      ['a long boundary', ofType(`; boundary=${'b'.repeat(10_000)}`, file), 400],
      ['two files', upload(Buffer.concat([one, one, end])), 413],
      ['a field', upload(Buffer.concat([field, file])), 413],
      ['long headers', upload(Buffer.concat([long, end])), 400],
      [
        'a name from the prototype',
        upload(Buffer.from(file.toString('latin1').replace('image', '__proto__'), 'latin1')),
        400,
      ],
    ] as const) {
      const answer = await answering;
      expect(answer.status, name).toBe(status);
      expect(jsonOf(answer).message, name).toMatch(/./);
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
    // The machine that runs the tests may be slow as well.
    app.server.requestTimeout = 30_000;
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
