import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { GateOptions } from 'millrace/http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { overHttp, overHttp2, overTls } from '../support/adapters.ts';
import type { Adapter } from '../support/adapters.ts';
import { Gate } from '../support/gate.ts';
import { closed, listen, open, portOf, textOf } from '../support/request.ts';
import { rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

let barrier: Gate;
let adapter: Adapter;
let port: number;
const seen = { connections: 0 };
const warnings: Error[] = [];
const warn = (warning: Error) => warnings.push(warning);

beforeEach(() => {
  barrier = new Gate();
  process.on('warning', warn);
});
afterEach(() => {
  process.off('warning', warn);
  barrier.open();
  expect(warnings.splice(0)).toEqual([]);
});

async function start(make: (typeof overHttp)[string] | undefined, options: GateOptions): Promise<void> {
  const taskOf = () => work.pass(barrier.shared, 'passed');
  adapter = await (make as NonNullable<typeof make>)({ taskOf }, options);
  port = portOf(adapter.server);
  seen.connections = 0;
  adapter.server.on('connection', () => seen.connections++);
  // An application's own protocols, and a request that is told to go on.
  const switched = (_: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: own\r\n\r\n');
  };
  adapter.server.on('upgrade', switched).on('connect', switched);
}

async function untilAccepted(count: number): Promise<void> {
  while (seen.connections < count) await rounds(1);
}

/** All of them, when the server has been closed: by it, since none goes by itself. */
async function expectClosed(
  clients: readonly { readonly socket: Socket | ClientHttp2Session; readonly ended: Promise<unknown> }[],
): Promise<void> {
  await adapter.close();
  await Promise.all(clients.map(({ ended }) => ended));
  expect(clients.map(({ socket }) => socket.destroyed)).not.toContain(false);
}

type Dial = () => Socket;

/** Says so much, and nothing more; waits for the answer's first line if it expects one. */
async function client(
  dial: Dial,
  says: string,
  expects = '',
): Promise<{ socket: Socket; ended: Promise<unknown> }> {
  const socket = dial().on('error', () => {});
  const ended = closed(socket);
  let told = '';
  socket.setEncoding('latin1').on('data', (text: string) => (told += text));
  if (says !== '') socket.write(says);
  while (!told.startsWith(expects)) await once(socket, 'data');
  return { socket, ended };
}

const plain: Dial = () => connect(port, '127.0.0.1');
const secure: Dial = () => connectTls({ port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });

/** Clients that none of Node's ways to close a server gets rid of, and some that one of them does. */
const remaining: readonly (readonly [name: string, says: string, expects?: string])[] = [
  ['has connected', ''],
  ['is in the midst of its headers', 'GET / HTTP/1.1\r\nhost'],
  [
    'is in the midst of its body',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nhalf',
  ],
  [
    'was upgraded',
    'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: own\r\n\r\n',
    'HTTP/1.1 101',
  ],
  ['has a tunnel', 'CONNECT other:80 HTTP/1.1\r\nhost: x\r\n\r\n', 'HTTP/1.1 101'],
  [
    'was told to go on',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n',
    'HTTP/1.1 100',
  ],
];

async function connectAll(dial: Dial): Promise<Awaited<ReturnType<typeof client>>[]> {
  const clients = await Promise.all(remaining.map(([, says, expects]) => client(dial, says, expects)));
  await untilAccepted(clients.length);
  return clients;
}

const http1: readonly (readonly [string, Dial])[] = [
  ...Object.keys(overHttp).map((name) => [name, plain] as const),
  ...Object.keys(overTls).map((name) => [name, secure] as const),
];
const all = { ...overHttp, ...overTls, ...overHttp2 };

describe('closes within its bound, and cuts each client that', () => {
  test.each(http1)('is left: %s', async (name, dial) => {
    await start(all[name], { closeMs: 0 });
    const clients = await connectAll(dial);
    // Half-open: it waits for the server, which waits for it.
    clients[3]?.socket.end();
    await expectClosed(clients);
  });

  test.each(['node:https', 'node:http2 over TLS'])('has not finished its TLS handshake: %s', async (name) => {
    await start(all[name], { closeMs: 0 });
    adapter.server.on('tlsClientError', () => {});
    const clients = [await client(plain, ''), await client(plain, '\x16\x03\x01\x02\x00\x01')];
    await untilAccepted(2);
    await expectClosed(clients);
  });

  test.each(Object.keys(overHttp2))('has an unfinished stream, or has not begun: %s', async (name) => {
    await start(all[name], { closeMs: 0 });
    const tls = name.includes('TLS');
    const session = connectHttp2(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`, {
      rejectUnauthorized: false,
    });
    session.on('error', () => {});
    const ended = closed(session);
    const stream = session.request({ ':path': '/', ':method': 'POST' }).on('error', () => {});
    stream.write('half');
    const silent = await client(plain, '');
    const old = tls ? await client(secure, 'GET / HTTP/1.1\r\nhost') : silent;
    await untilAccepted(tls ? 3 : 2);
    await expectClosed([{ socket: session, ended }, silent, old]);
  });

  test('came to another server, which handed its connection over', async () => {
    await start(all['node:http'], { closeMs: 0 });
    const front = createServer((socket) => adapter.server.emit('connection', socket));
    const frontPort = await listen(front as unknown as Server);
    await expectClosed([await client(() => connect(frontPort, '127.0.0.1'), ...upgrade)]);
    front.close();
  });
});

const upgrade = [remaining[3]?.[1] ?? '', remaining[3]?.[2]] as const;

describe('has all the time that it was given:', () => {
  const longest = { closeMs: 2 ** 31 - 1, deadlineMs: 2 ** 31 - 1 };

  test.each(http1.slice(0, 5))('the longest there is answers what was admitted: %s', async (name) => {
    await start(all[name], longest);
    const headers = { 'request-timeout-ms': '999999999999999' };
    const { request, answer } = open(port, { path: '/', headers });
    request.end();
    await barrier.arrivals();
    const closing = adapter.close();
    await rounds();
    barrier.open();
    expect(textOf(await answer)).toBe('passed');
    await closing;
  });

  test.each(Object.keys(overHttp2))(
    'sessions that are idle are told to go before it is up: %s',
    async (name) => {
      await start(all[name], longest);
      const scheme = name.includes('TLS') ? 'https' : 'http';
      const session = connectHttp2(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
      const ended = closed(session);
      await once(session, 'remoteSettings');
      await expectClosed([{ socket: session, ended }]);
    },
  );

  test('and of a session that is not idle its streams are answered: node:http2', async () => {
    await start(all['node:http2'], longest);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = session.request({ ':path': '/' });
    await barrier.arrivals();
    const closing = adapter.close();
    barrier.open();
    let body = '';
    for await (const text of stream.setEncoding('utf8')) body += text as string;
    expect(body).toBe('passed');
    await closing;
  });
});

test('a server that was closed before, and one that never listened', async () => {
  await start(all['node:http'], { closeMs: 0 });
  const clients = [await client(plain, ...upgrade)];
  adapter.server.close();
  await expectClosed(clients);
  await start(all['node:http'], { closeMs: 0 });
  await new Promise((resolve) => adapter.server.close(resolve));
  await adapter.close();
  expect(adapter.server.listening).toBe(false);
});
