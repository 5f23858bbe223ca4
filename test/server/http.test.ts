import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Executor } from 'millrace';
import { closeServer, HealthCheck, OverloadGate, sendError } from 'millrace/http';
import type { GateOptions } from 'millrace/http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Gate } from '../support/gate.ts';
import { jsonOf, listen, open, send, sendForEver, textOf } from '../support/request.ts';
import { rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

let barrier: Gate;
let executor: Executor;
let gate: OverloadGate;
let server: Server;
let port: number;
beforeEach(() => {
  barrier = new Gate();
});
afterEach(async () => {
  barrier.open();
  server.closeAllConnections();
  server.close();
  await executor.shutdown({ mode: 'kill' });
});

/** `/pass` holds its worker until the barrier opens, `/count` counts that it ran, `/throw` fails. */
async function start(options: GateOptions = {}, maxPending = 0): Promise<void> {
  executor = new Executor({ workers: 1, maxPending });
  gate = new OverloadGate(executor, options);
  const tasks = {
    '/pass': () => work.pass(barrier.shared, 'passed'),
    '/count': () => work.count(barrier.shared, 'counted'),
    '/throw': () => work.reject(new Error('a bug')),
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const own = gate.enter(request, response);
    try {
      own.check();
      request.resume();
      await once(request, 'end');
      const task = tasks[request.url as keyof typeof tasks]();
      response.end(String(await own.run(task)));
    } catch (error) {
      sendError(request, response, error);
    }
  };
  server = createServer((request, response) => void answer(request, response));
  port = await listen(server);
}

/** A request that is being served by the only worker. */
async function occupy(): Promise<ReturnType<typeof open>> {
  const occupant = open(port, { path: '/pass' });
  occupant.request.end();
  await barrier.arrivals();
  await rounds();
  return occupant;
}

describe('a server', () => {
  test('answers 503 with Retry-After when saturated, and serves again afterwards', async () => {
    await start();
    const { answer } = await occupy();
    const refused = await send(port, '/count');
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(jsonOf(refused)).toMatchObject({ statusCode: 503, code: 'ERR_MILLRACE_SATURATED' });
    barrier.open();
    expect(textOf(await answer)).toBe('passed');
    expect(barrier.count).toBe(0);
    expect(textOf(await send(port, '/count'))).toBe('counted');
  });

  test('answers before the body has come, and cuts a body off that does not end', async () => {
    await start();
    await occupy();
    expect(await sendForEver(port, '/count')).toMatch(/^HTTP\/1.1 503 /);
  });

  test('says 400 why a deadline is none', async () => {
    await start();
    const answer = await send(port, '/count', { headers: { 'request-timeout-ms': '-5' } });
    expect(answer.status).toBe(400);
    expect(jsonOf(answer).message).toContain('request-timeout-ms');
  });

  test("keeps a task's own error to itself: 500 without details", async () => {
    await start();
    const answer = await send(port, '/throw');
    expect(answer.status).toBe(500);
    expect(jsonOf(answer)).toEqual({ statusCode: 500, error: 'Internal Server Error' });
  });

  test('drops the work of clients that have gone, and restarts no thread for them', async () => {
    await start({}, 1000);
    const starts: unknown[] = [];
    const listener = (message: unknown) => starts.push(message);
    await executor.ready();
    subscribe('millrace:worker:start', listener);
    await occupy();
    const clients = Array.from({ length: 200 }, () => open(port, { path: '/count' }));
    for (const { request } of clients) request.end();
    while (executor.stats().pending < 200) await rounds(1);
    for (const { request } of clients) request.destroy();
    while (executor.stats().pending > 0) await rounds(1);
    barrier.open();
    expect(textOf(await send(port, '/pass'))).toBe('passed');
    unsubscribe('millrace:worker:start', listener);
    expect({ starts: starts.length, ran: barrier.count }).toEqual({ starts: 0, ran: 0 });
  });
});

describe('closeServer', () => {
  test('answers what was admitted, refuses what comes on open connections, and ends', async () => {
    await start({}, 10);
    const occupant = await occupy();
    const queued = open(port, { path: '/count' });
    queued.request.end();
    while (executor.stats().pending < 1) await rounds(1);
    const closed = closeServer(server, gate);
    await expect(send(port, '/count')).rejects.toThrow('ECONNREFUSED');
    barrier.open();
    expect(textOf(await occupant.answer)).toBe('passed');
    expect(textOf(await queued.answer)).toBe('counted');
    await closed;
  });

  test('cuts off who still sends a body when its time is up', async () => {
    await start({ closeMs: 0 });
    const upload = open(port, { path: '/count', method: 'POST', headers: { 'content-length': 1000 } });
    upload.request.write('half');
    expect(textOf(await send(port, '/count'))).toBe('counted');
    await closeServer(server, gate);
    await expect(upload.answer).rejects.toThrow();
  });

  test('refuses at its deadline what has not ended by then', async () => {
    await start({ closeMs: 50 });
    const occupant = await occupy();
    await closeServer(server, gate);
    expect(await occupant.answer).toMatchObject({ status: 503, headers: { connection: 'close' } });
  });
});

test('health: an executor that was shut down has failed, as the second look knows', async () => {
  await start();
  const health = new HealthCheck(gate);
  await executor.shutdown();
  health.readiness();
  await rounds();
  expect(health.readiness()).toEqual({ status: 'failed', statusCode: 503 });
});

test('health: starting, ready, overloaded but still to be sent requests, closing', async () => {
  await start();
  const health = new HealthCheck(gate);
  expect(health.readiness()).toEqual({ status: 'starting', statusCode: 503 });
  await executor.ready();
  await rounds();
  expect(health.readiness()).toEqual({ status: 'ready', statusCode: 200 });
  await occupy();
  expect(health.readiness()).toEqual({ status: 'overloaded', statusCode: 200 });
  void gate.close();
  expect(health.readiness()).toEqual({ status: 'closing', statusCode: 503 });
});
