import underPressure from '@fastify/under-pressure';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { connect, constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { connect as connectRaw } from 'node:net';
import { Executor, InvalidOptionError } from 'millrace';
import { millrace } from 'millrace/fastify';
import type { EmbeddingOptions } from 'millrace/fastify';
import { underPressureOptions } from 'millrace/http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Gate } from '../support/gate.ts';
import { closed, jsonOf, listen, open, portOf, send, sendForEver, textOf } from '../support/request.ts';
import { rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

let barrier: Gate;
let app: FastifyInstance;
beforeEach(() => {
  barrier = new Gate();
});
afterEach(async () => {
  barrier.open();
  await app.close();
});

const oneWorker: EmbeddingOptions = { executor: { workers: 1, maxPending: 2 } };

async function startHttp2(options: EmbeddingOptions): Promise<number> {
  return start(options, fastify({ http2: true }) as unknown as FastifyInstance);
}

async function statusOf(stream: ClientHttp2Stream | undefined): Promise<number> {
  const [headers] = (await once(stream?.resume() as ClientHttp2Stream, 'response')) as [
    { ':status': number },
  ];
  return headers[':status'];
}

async function start(
  options: EmbeddingOptions = oneWorker,
  instance: FastifyInstance = fastify(),
): Promise<number> {
  app = instance;
  await app.register(millrace, options);
  app.get('/light', () => 'light');
  app.get('/pass', (request) => request.millrace.run(work.pass(barrier.shared, 'passed')));
  app.get('/throw', (request) => request.millrace.run(work.throwCustom()));
  app.post('/normal', { config: { millrace: {} } }, (request) =>
    request.millrace.run(work.echo(request.body)),
  );
  const sheddable = { config: { millrace: { class: 'sheddable' } } } as const;
  app.get('/sheddable', sheddable, (request) => request.millrace.run(work.echo('shed?')));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return portOf(app.server);
}

async function occupy(port: number): Promise<ReturnType<typeof open>> {
  const occupant = open(port, { path: '/pass' });
  occupant.request.end();
  await barrier.arrivals();
  await rounds();
  return occupant;
}

/** Asks until this is the answer; the check in between has a timer of its own. */
async function expectAnswer(status: number): Promise<void> {
  while ((await app.inject('/')).statusCode !== status) await rounds(1);
}

const json = { 'content-type': 'application/json' };
const ofGate = () => app.millrace.executor;

describe('the plugin', () => {
  test('gives each request its tasks, and routes outside its scope too', async () => {
    const port = await start();
    expect(textOf(await send(port, '/normal', { body: '{"a":1}', headers: json }))).toBe('{"a":1}');
    expect(textOf(await send(port, '/light'))).toBe('light');
  });

  test('refuses a marked route before its body is parsed, and leaves the others alone', async () => {
    const port = await start();
    await occupy(port);
    const sheddable = [0, 1].map(() => send(port, '/sheddable'));
    while (ofGate().stats().pending < 2) await rounds(1);
    const shed = await send(port, '/sheddable');
    expect(shed.status).toBe(503);
    expect(Number(shed.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(jsonOf(shed)).toMatchObject({ statusCode: 503, code: 'ERR_MILLRACE_SATURATED' });
    const normal = send(port, '/normal', { body: '"first"', headers: json });
    expect((await sheddable[1])?.status, 'makes room').toBe(503);
    const last = send(port, '/normal', { body: '"second"', headers: json });
    expect((await sheddable[0])?.status).toBe(503);
    while (ofGate().stats().pending < 2) await rounds(1);
    // By itself this body would be a 400.
    const refused = await send(port, '/normal', { body: 'no json', headers: json });
    expect(refused.status).toBe(503);
    expect(await sendForEver(port, '/normal', json)).toMatch(/^HTTP\/1.1 503 /);
    expect((await send(port, '/light')).status).toBe(200);
    barrier.open();
    expect(textOf(await normal)).toBe('first');
    expect(textOf(await last)).toBe('second');
  });

  test("a task's own error is the application's", async () => {
    const port = await start();
    expect(jsonOf(await send(port, '/throw'))).toMatchObject({ statusCode: 500, code: 'E_PAYMENT' });
  });

  test.each([
    [{ executor: { workers: 1 }, deadlineMs: 0 }, 'deadlineMs must be a number of milliseconds from 1'],
    [{ executor: null }, 'executor must be an Executor or the options of one, not null'],
    [{ executor: { worker: 1 } }, "unknown executor option 'worker'"],
  ])('bad options are refused before a thread is started: %j', async (options, message) => {
    app = fastify();
    app.register(millrace, options as never);
    await expect(app.ready()).rejects.toThrow(InvalidOptionError);
    await expect(app.ready()).rejects.toThrow(message);
    app = fastify();
  });

  test('a second registration is refused before anything else', async () => {
    app = fastify();
    await app.register(millrace, oneWorker);
    await expect(app.register(millrace, { deadlineMs: 0 })).rejects.toThrow('already');
    app = fastify();
  });

  test("a route's bad options are refused when it is added", async () => {
    app = fastify();
    await app.register(millrace, oneWorker);
    const config = { millrace: { class: 'urgent' as never } };
    expect(() => app.get('/', { config }, () => 'never')).toThrow("not 'urgent'");
  });

  test('over HTTP/2 too: refuses, and a stream that is cancelled takes its work along', async () => {
    const port = await startHttp2({ executor: { workers: 1, maxPending: 1 } });
    const session = connect(`http://127.0.0.1:${port}`);
    const passed = statusOf(session.request({ ':path': '/pass' }));
    await barrier.arrivals();
    await rounds();
    const cancelled = session.request({ ':path': '/sheddable' });
    while (ofGate().stats().pending < 1) await rounds(1);
    expect(await statusOf(session.request({ ':path': '/sheddable' }))).toBe(503);
    cancelled.close(constants.NGHTTP2_CANCEL);
    while (ofGate().stats().pending > 0) await rounds(1);
    barrier.open();
    expect(await passed).toBe(200);
    session.close();
  });
});

describe('close', () => {
  test('answers what was admitted, and ends the executor that the plugin made', async () => {
    const port = await start();
    const executor = ofGate();
    const occupant = await occupy(port);
    const closed = app.close();
    barrier.open();
    expect(textOf(await occupant.answer)).toBe('passed');
    await closed;
    await expect(executor.run(work.echo(1))).rejects.toThrow('shut down');
  });

  test("leaves the caller's executor to the caller", async () => {
    const executor = new Executor({ workers: 1 });
    const port = await start({ executor });
    await send(port, '/light');
    await app.close();
    expect(await executor.run(work.echo(1))).toBe(1);
    await executor.shutdown();
  });

  test('cuts off who still sends a body when its time is up', async () => {
    const port = await start({ ...oneWorker, closeMs: 0 });
    const upload = open(port, {
      path: '/normal',
      method: 'POST',
      headers: { ...json, 'content-length': 1000 },
    });
    upload.request.write('"half');
    await send(port, '/light');
    await app.close();
    await expect(upload.answer).rejects.toThrow();
  });

  test('cuts off who came over a server that nobody else knows, as of a second address', async () => {
    await start({ ...oneWorker, closeMs: 0 });
    const second = createServer((request, response) => app.routing(request, response));
    const port = await listen(second);
    const upload = open(port, { path: '/normal', method: 'POST', headers: { ...json, 'content-length': 9 } });
    upload.request.write('"half');
    await send(port, '/light');
    await app.close();
    await expect(upload.answer).rejects.toThrow();
    second.close();
  });

  test('cuts off who has connected to a further address, and asked for nothing', async () => {
    await start({ ...oneWorker, closeMs: 0 });
    const [handler] = app.server.listeners('request');
    // What Fastify makes for each address that a host name has.
    const second = createServer(handler as RequestListener);
    const silent = connectRaw(await listen(second), '127.0.0.1').on('error', () => {});
    const ended = closed(silent.resume());
    await once(second, 'connection');
    await app.close();
    await ended;
    expect(silent.destroyed).toBe(true);
    second.close();
  });

  test('over HTTP/2: ends sessions that are idle, or still send a body when its time is up', async () => {
    const port = await startHttp2({ ...oneWorker, closeMs: 0 });
    const [idle, uploading] = [0, 1].map(() => connect(`http://127.0.0.1:${port}`));
    const ended = [idle, uploading].map((session) => once(session as ClientHttp2Session, 'close'));
    expect(await statusOf(idle?.request({ ':path': '/light' }))).toBe(200);
    const upload = uploading?.request({ ':path': '/normal', ':method': 'POST', ...json });
    upload?.on('error', () => {}).write('"half');
    expect(await statusOf(uploading?.request({ ':path': '/light' }))).toBe(200);
    await app.close();
    await Promise.all(ended);
  });

  test('refuses what has not ended within closeMs', async () => {
    const port = await start({ ...oneWorker, closeMs: 50 });
    const occupant = await occupy(port);
    await app.close();
    expect(await occupant.answer).toMatchObject({ status: 503 });
  });
});

test('@fastify/under-pressure sees what it cannot measure: that the gate would refuse', async () => {
  app = fastify();
  await app.register(millrace, { executor: { workers: 1, maxPending: 0 } });
  const options = underPressureOptions(app.millrace);
  await app.register(underPressure, { ...options, healthCheckInterval: 5 });
  app.get('/', () => 'fine');
  await expectAnswer(200);
  const busy = app.millrace.executor.run(work.pass(barrier.shared));
  await barrier.arrivals();
  await expectAnswer(503);
  barrier.open();
  await busy;
  await expectAnswer(200);
});
