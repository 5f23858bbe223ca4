import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { RequestTasks } from 'millrace/http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { overHttp, overHttp2, overTls } from '../support/adapters.ts';
import type { Adapter } from '../support/adapters.ts';
import { Gate } from '../support/gate.ts';
import { portOf } from '../support/request.ts';
import { rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

let barrier: Gate;
let adapter: Adapter;
let port: number;
let entered: RequestTasks[];
const warnings: Error[] = [];
const warn = (warning: Error) => warnings.push(warning);

beforeEach(() => {
  barrier = new Gate();
  entered = [];
  process.on('warning', warn);
});
afterEach(async () => {
  process.off('warning', warn);
  barrier.open();
  await adapter.close();
  expect(warnings).toEqual([]);
});

/** `/pass` holds the worker until the barrier opens, `/count` counts that it ran. */
async function start(make: (typeof overHttp)[string] | undefined): Promise<void> {
  const taskOf = (path: string) =>
    path === '/pass' ? work.pass(barrier.shared, 'passed') : work.count(barrier.shared, 'counted');
  adapter = await (make as NonNullable<typeof make>)({ taskOf, entered: (own) => entered.push(own) }, {});
  port = portOf(adapter.server);
}

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`;
const pipelined = get('/pass') + get('/count').repeat(19);
const pending = () => adapter.executor.stats().pending;

async function untilPending(count: number): Promise<void> {
  while (pending() !== count) await rounds(1);
}

const leavings: Readonly<Record<string, (socket: Socket) => void>> = {
  'closes the connection': (socket) => socket.destroy(),
  'resets it': (socket) => socket.resetAndDestroy(),
  'ends its half': (socket) => socket.end(),
};
const ways = Object.keys(overHttp).flatMap((name) =>
  Object.keys(leavings).map((way) => [name, way] as const),
);

describe.each(ways)('%s: a client with 20 requests in one write that %s', (name, way) => {
  test('takes the work of all of them along', async () => {
    await start(overHttp[name]);
    const client = connect(port, '127.0.0.1').on('error', () => {});
    client.resume().write(pipelined);
    await barrier.arrivals();
    await untilPending(19);
    leavings[way]?.(client);
    await untilPending(0);
    await Promise.all(entered.map(({ over }) => over));
    expect(entered.map(({ gone }) => gone)).toEqual(Array.from({ length: 20 }, () => true));
    barrier.open();
    await adapter.executor.run(work.count(barrier.shared));
    expect(barrier.count, 'the last one alone').toBe(1);
  });
});

test('over TLS too', async () => {
  await start(overTls['node:https']);
  const client = connectTls({ port, rejectUnauthorized: false }).on('error', () => {});
  client.resume().write(pipelined);
  await barrier.arrivals();
  await untilPending(19);
  client.destroy();
  await untilPending(0);
  expect(entered.every(({ gone }) => gone)).toBe(true);
});

test.each(Object.keys(overHttp2))(
  '%s: a session that ends takes the work of its streams along',
  async (name) => {
    await start(overHttp2[name]);
    const scheme = name.includes('TLS') ? 'https' : 'http';
    const session = connectHttp2(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
    session.on('error', () => {});
    for (let left = 20; left > 0; left--) {
      session.request({ ':path': left === 20 ? '/pass' : '/count' }).on('error', () => {});
    }
    await barrier.arrivals();
    await untilPending(19);
    session.destroy();
    await untilPending(0);
    await Promise.all(entered.map(({ over }) => over));
    expect(entered.every(({ gone, signal }) => gone && signal.aborted)).toBe(true);
  },
);

test.each(Object.keys(overHttp))(
  '%s: a client that resets before its body has come leaves nothing',
  async (name) => {
    await start(overHttp[name]);
    const clients = Array.from({ length: 20 }, () => connect(port, '127.0.0.1').on('error', () => {}));
    for (const client of clients) {
      client.write('POST /count HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n');
      client.resume();
    }
    while (entered.length < 20) await rounds(1);
    for (const client of clients) client.resetAndDestroy();
    await Promise.all(entered.map(({ over }) => over));
    expect(pending()).toBe(0);
  },
);

describe('node:http', () => {
  beforeEach(() => start(overHttp['node:http']));

  test('tells each request of its own end: answered, or gone', async () => {
    const client = connect(port, '127.0.0.1').on('error', () => {});
    let told = '';
    client.on('data', (bytes: Buffer) => (told += bytes.toString()));
    client.write(get('/count') + get('/count') + get('/pass') + get('/count'));
    await barrier.arrivals();
    while (entered.length < 4 || told.split('counted').length < 3) await rounds(1);
    const signals = entered.map(({ signal }) => signal);
    await Promise.all(entered.slice(0, 2).map(({ over }) => over));
    client.destroy();
    await Promise.all(entered.map(({ over }) => over));
    expect(entered.map(({ gone }) => gone)).toEqual([false, false, true, true]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, true, true]);
    expect(signals[3]?.reason).toMatchObject({ statusCode: 499, code: 'ERR_MILLRACE_CLIENT_GONE' });
  });

  test('it is never too late to ask', async () => {
    const client = connect(port, '127.0.0.1').on('error', () => {});
    client.write(get('/pass') + get('/count'));
    await barrier.arrivals();
    await untilPending(1);
    client.destroy();
    await untilPending(0);
    await rounds();
    for (const own of entered) {
      await own.over;
      expect(own.signal.aborted).toBe(true);
      await expect(own.run(work.echo(1))).rejects.toMatchObject({ statusCode: 499 });
    }
  });

  test('a connection that is kept holds on to no request that is over', async () => {
    const client = connect(port, '127.0.0.1');
    const [socket] = (await once(adapter.server, 'connection')) as [Socket];
    client.resume();
    const listeners = async (requests: number): Promise<number> => {
      client.write(get('/count').repeat(requests));
      while (entered.length < requests) await rounds(1);
      await Promise.all(entered.splice(0).map(({ over }) => over));
      return socket.listenerCount('close');
    };
    const first = await listeners(1);
    expect(await listeners(50)).toBe(first);
    client.destroy();
  });
});
