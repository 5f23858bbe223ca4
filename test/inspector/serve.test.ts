import { channel } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { Executor, InvalidOptionError } from 'millrace';
import { inspector } from 'millrace/inspector';
import type { InspectorHandler, InspectorOptions } from 'millrace/inspector';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { work } from '../support/work.ts';
import { ask, Viewer } from './watch.ts';

let executor: Executor;
let handler: InspectorHandler;
let server: Server;
let url: string;
beforeEach(() => {
  executor = new Executor({ workers: 1, name: 'shown' });
});
afterEach(async () => {
  handler.close();
  server.closeAllConnections();
  server.close();
  await executor.shutdown({ mode: 'kill' });
});

async function serve(options: InspectorOptions = {}): Promise<void> {
  handler = inspector(executor, options);
  server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const token = 'a-token-of-some-length';
const channels = [
  'millrace:batch:answer',
  'millrace:task:fail',
  'millrace:gate:refuse',
  'millrace:worker:end',
];
const heard = () => channels.filter((name) => channel(name).hasSubscribers);

describe('the page', () => {
  test('comes with a policy under which nothing else is loaded or run', async () => {
    await serve();
    const { status, headers, body } = await ask(url);
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/html/);
    const policy = headers['content-security-policy'] as string;
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'/,
    );
    expect(policy).toMatch(/require-trusted-types-for 'script'; trusted-types 'none'/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(body).not.toMatch(/(?:src|href)="(?!data:)/);
    expect(body).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write/);
  });

  test('is small, and compressed for who can read that', async () => {
    await serve();
    const zipped = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(Number(zipped.headers.get('content-length'))).toBeLessThan(60 * 1024);
    const plain = await ask(url);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(await zipped.text()).toBe(plain.body);
  });

  test('is not sent again to who has it, nor for HEAD', async () => {
    await serve();
    const { headers } = await ask(url);
    expect(await ask(url, { 'if-none-match': headers.etag as string })).toMatchObject({
      status: 304,
      body: '',
    });
    expect(await ask(url, {}, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  test.each(['_millrace', '_millrace/', 'a/b/c'])('is there wherever it is mounted: /%s', async (path) => {
    await serve();
    expect((await ask(url + path)).status).toBe(200);
  });
});

describe('without a token', () => {
  test('this machine may look on, by each of its names', async () => {
    await serve();
    for (const host of [
      'localhost',
      'localhost:80',
      'app.localhost',
      '127.0.0.1:1234',
      '127.9.9.9',
      '[::1]:99',
      'LOCALHOST',
    ])
      expect((await ask(url, { host })).status, host).toBe(200);
  });

  test('a foreign host may not, nor one that makes no sense', async () => {
    await serve();
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.1',
      ':',
      'a b',
      '[::1',
      '[zz]',
      'localhost:99999999',
      '%00',
      '127.0.0.1@evil.example',
      '0.0.0.0',
    ])
      expect((await ask(url, { host })).status, host).toBe(403);
  });

  test('one without a host may not', async () => {
    await serve();
    // Node itself refuses HTTP/1.1 without one.
    expect((await ask(url, {}, { setHost: false })).status).toBe(400);
  });

  test('a foreign origin may not, nor one that makes no sense', async () => {
    await serve();
    const { host, origin } = new URL(url);
    expect((await ask(url, { origin })).status).toBe(200);
    for (const foreign of [
      'https://evil.example',
      'null',
      '',
      'http://',
      'http://[',
      '%%%',
      `${origin}.evil.example`,
      `file://${host}`,
      'http://localhost:1',
    ])
      expect((await ask(url, { origin: foreign })).status, foreign).toBe(403);
  });

  test('what a proxy hands on may not', async () => {
    await serve();
    for (const header of [
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'forwarded',
      'x-real-ip',
      'via',
      'cf-connecting-ip',
    ])
      expect((await ask(url, { [header]: '127.0.0.1' })).status, header).toBe(403);
  });

  test('another machine may not', () => {
    handler = inspector(executor);
    server = createServer();
    const seen: unknown[] = [];
    const response = {
      setHeader() {},
      writeHead: (status: number) => (seen.push(status), response),
      end() {},
    };
    for (const remoteAddress of [
      '10.0.0.7',
      '::ffff:10.0.0.7',
      'fe80::1',
      undefined,
      '127.0.0.1',
      '::1',
      '::ffff:127.0.0.1',
    ]) {
      const request = {
        url: '/?nothing',
        method: 'PUT',
        headers: { host: 'localhost' },
        socket: { remoteAddress },
      };
      handler(request as never, response as never);
    }
    expect(seen).toEqual([403, 403, 403, 403, 405, 405, 405]);
  });
});

describe('with a token', () => {
  test('nobody sees anything without it, or with a wrong one', async () => {
    await serve({ token });
    expect((await ask(url)).status).toBe(401);
    for (const wrong of ['', 'x', token.slice(1), `${token}x`, token.toUpperCase(), '%00', '%E0%A4%A'])
      expect((await ask(`${url}?token=${wrong}`)).status, wrong).toBe(403);
    expect((await ask(`${url}?events`)).status).toBe(401);
    expect((await ask(url, { cookie: `millrace-inspector=${token}` })).status).toBe(401);
    expect((await ask(url, { authorization: 'Bearer nonsense' })).status).toBe(403);
  });

  test('it is shown once, then a cookie does', async () => {
    await serve({ token });
    const { status, headers } = await ask(`${url}_millrace?token=${token}`);
    expect(status).toBe(303);
    expect(new URL(headers.location as string, `${url}_millrace?token=x`).href).toBe(`${url}_millrace?`);
    const [given = ''] = headers['set-cookie'] ?? [];
    expect(given).toMatch(/; HttpOnly; SameSite=Strict; Path=\//);
    expect(given).not.toContain(token);
    const [cookie = ''] = given.split(';');
    expect((await ask(url, { cookie })).status).toBe(200);
    expect((await ask(url, { cookie: `a=b; ${cookie}; c` })).status).toBe(200);
    expect((await ask(url, { authorization: `Bearer ${token}` })).status).toBe(200);
  });

  test('a proxy may hand on, and a host that is named', async () => {
    await serve({ token, hosts: ['inspect.example', 'other.example:8443'] });
    const { headers } = await ask(`${url}?token=${token}`, {
      host: 'inspect.example',
      'x-forwarded-for': '10.1.1.1',
    });
    const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    expect((await ask(url, { host: 'inspect.example:443', cookie })).status).toBe(200);
    expect((await ask(url, { host: 'other.example:8443', cookie })).status).toBe(200);
    expect((await ask(url, { host: 'other.example', cookie })).status).toBe(403);
    expect((await ask(url, { host: 'evil.example', cookie })).status).toBe(403);
    expect((await ask(url, { host: 'inspect.example', origin: 'https://evil.example', cookie })).status).toBe(
      403,
    );
    expect(
      (await ask(url, { host: 'inspect.example', origin: 'https://inspect.example', cookie })).status,
    ).toBe(200);
  });
});

test('what is not looking is refused', async () => {
  await serve();
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const { status, headers } = await ask(url, {}, { method });
    expect([status, headers.allow], method).toEqual([405, 'GET, HEAD']);
  }
});

describe('viewers', () => {
  test('are told of frames; nobody listens before the first has come and after the last has gone', async () => {
    await serve();
    expect(heard()).toEqual([]);
    const one = await Viewer.open(url);
    const two = await Viewer.open(url);
    expect(heard()).toEqual(channels);
    await executor.run(work.echo(1));
    const frame = await one.until<{ executors: { name: string }[] }>('frame');
    await two.until('frame');
    expect(frame.executors.map(({ name }) => name)).toEqual(['shown']);
    one[Symbol.dispose]();
    two[Symbol.dispose]();
    await eventually(() => expect(heard()).toEqual([]));
    using again = await Viewer.open(url);
    await again.until('frame');
  });

  test('are no more than may be', async () => {
    await serve({ maxViewers: 2 });
    using _one = await Viewer.open(url);
    using two = await Viewer.open(url);
    const { status, headers } = await ask(`${url}?events`);
    expect([status, headers['retry-after']]).toEqual([503, '10']);
    two[Symbol.dispose]();
    await eventually(async () => (await Viewer.open(url))[Symbol.dispose]());
  });

  test('who come late to a flight recorder see what was before', async () => {
    await serve({ record: 'always' });
    expect(heard()).toEqual(channels);
    await executor.run(work.reject('no'), { label: 'before' }).catch(() => {});
    using early = await Viewer.open(url);
    await early.until('frame', (frame) => JSON.stringify(frame).includes('"before"'));
    using late = await Viewer.open(url);
    await late.until('frame', (frame) => JSON.stringify(frame).includes('"before"'));
    expect(
      late
        .of<{ name: string }[]>('functions')
        .at(-1)
        ?.map(({ name }) => name),
    ).toEqual(['reject']);
  });

  test('see labels of at most 80 characters, and of errors the code or the name', async () => {
    await serve();
    using viewer = await Viewer.open(url);
    await executor
      .run(work.throwCustom(), { label: `<img onerror=alert(1)>${'x'.repeat(200)}` })
      .catch(() => {});
    const frame = await viewer.until<object>('frame', (data) => JSON.stringify(data).includes('E_PAYMENT'));
    expect(JSON.stringify(frame)).not.toContain('no funds');
    expect(JSON.stringify(frame)).toContain(`<img onerror=alert(1)>${'x'.repeat(57)}…`);
  });

  test('see whole characters, and executors’ names of at most 80', async () => {
    executor = new Executor({ workers: 1, name: `line\n${'n'.repeat(200)}` });
    await serve();
    using viewer = await Viewer.open(url);
    // The cut would leave half of the second emoji.
    await executor.run(work.reject('no'), { label: `😀${'x'.repeat(76)}😀😀` }).catch(() => {});
    const frame = await viewer.until<object>('frame', (data) => JSON.stringify(data).includes('xxx'));
    expect(JSON.stringify(frame)).toContain(`"😀${'x'.repeat(76)}\ufffd…"`);
    expect(JSON.stringify(frame)).toContain(`"line ${'n'.repeat(74)}…"`);
  });
});

describe('the handler in', () => {
  test('Express, below a path', async () => {
    handler = inspector(executor);
    const app = express();
    app.use('/_millrace', handler);
    server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/_millrace`;
    expect((await ask(url)).status).toBe(200);
    using viewer = await Viewer.open(url);
    await viewer.until('frame');
  });

  test('Fastify, with the raw request and reply', async () => {
    handler = inspector(executor);
    const app = fastify({ forceCloseConnections: true });
    app.get('/_millrace', (request, reply) => {
      reply.hijack();
      handler(request.raw, reply.raw);
    });
    url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/_millrace`;
    server = app.server;
    expect((await ask(url)).status).toBe(200);
    using viewer = await Viewer.open(url);
    await viewer.until('frame');
    handler.close();
    await app.close();
  });
});

describe('two executors', () => {
  test('of one name are told apart', async () => {
    await using other = new Executor({ workers: 1, name: 'shown' });
    handler = inspector([executor, other]);
    server = createServer(handler);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    using viewer = await Viewer.open(url);
    const { executors } = await viewer.until<{ executors: { name: string }[] }>('frame');
    expect(executors.map(({ name }) => name)).toEqual(['shown', 'shown (2)']);
  });
});

test.each([
  ['token', { token: 'short' }],
  ['token', { token: 7 }],
  ['hosts', { hosts: 'one' }],
  ['hosts', { hosts: ['http://one'] }],
  ['maxViewers', { maxViewers: 0 }],
  ['record', { record: 'sometimes' }],
  ['port', { port: 1 }],
])('a bad option is told: %s %j', (option, options) => {
  handler = inspector(executor);
  server = createServer();
  const bad = () => inspector(executor, options as InspectorOptions);
  expect(bad).toThrow(InvalidOptionError);
  expect(bad).toThrow(new RegExp(option));
});

test('what is no executor is told', () => {
  handler = inspector(executor);
  server = createServer();
  for (const bad of [undefined, null, {}, [], [executor, 1], 'images']) {
    expect(() => inspector(bad as never)).toThrow(/executors must be an Executor or an array/);
  }
});
