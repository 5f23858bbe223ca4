import { serve } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import Koa from 'koa';
import type { Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { Executor } from 'millrace';
import { closeServer, OverloadGate, toHttpError } from 'millrace/http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Gate } from '../support/gate.ts';
import { open, portOf, send, sendForEver, textOf } from '../support/request.ts';
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

/** `/pass` holds its worker until the barrier opens, `/throw` fails, anything else is the body again. */
const taskOf = (path: string, body: string) =>
  path === '/pass'
    ? work.pass(barrier.shared, 'passed')
    : path === '/throw'
      ? work.reject(new Error('a bug'))
      : work.echo(body);

function koa(): Server {
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx) => {
    const own = gate.enter(ctx.req, ctx.res);
    own.check();
    ctx.body = String(await own.run(taskOf(ctx.path, await text(ctx.req))));
  });
  return app.listen(0, '127.0.0.1');
}

function hono(): Server {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all('*', async (c) => {
    const own = gate.enter(c.env.incoming, c.env.outgoing);
    own.check();
    return c.text(String(await own.run(taskOf(c.req.path, await c.req.text()))));
  });
  app.onError((error, c) => {
    const known = toHttpError(error);
    if (known === null) return c.text('Internal Server Error', 500);
    return c.json(known, known.statusCode as ContentfulStatusCode, known.headers);
  });
  return serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
}

describe.each([
  ['Koa', koa],
  ['Hono', hono],
])('%s', (_, make) => {
  beforeEach(async () => {
    executor = new Executor({ workers: 1, maxPending: 0 });
    gate = new OverloadGate(executor);
    server = make();
    while (server.address() === null) await rounds(1);
    port = portOf(server);
  });

  async function occupy(): Promise<ReturnType<typeof open>> {
    const occupant = open(port, { path: '/pass' });
    occupant.request.end();
    await barrier.arrivals();
    await rounds();
    return occupant;
  }

  test('answers with what the task returns', async () => {
    expect(textOf(await send(port, '/', { body: 'hello' }))).toBe('hello');
  });

  test('answers 503 with Retry-After when saturated, and cuts a body off that does not end', async () => {
    const { answer } = await occupy();
    const refused = await send(port, '/', { body: 'x' });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(textOf(refused)).toContain('more work than it can do');
    expect(await sendForEver(port, '/')).toMatch(/^HTTP\/1.1 503 /);
    barrier.open();
    expect(textOf(await answer)).toBe('passed');
  });

  test('answers 400 to a deadline that is none, and 500 without details to a bug', async () => {
    const bad = await send(port, '/', { body: 'x', headers: { 'request-timeout-ms': 'NaN' } });
    expect(bad.status).toBe(400);
    expect(textOf(bad)).toContain('request-timeout-ms');
    const bug = await send(port, '/throw');
    expect({ status: bug.status, text: textOf(bug) }).toEqual({ status: 500, text: 'Internal Server Error' });
  });

  test('drops the work of a client that has gone', async () => {
    await executor.shutdown({ mode: 'kill' });
    executor = new Executor({ workers: 1, maxPending: 1 });
    gate = new OverloadGate(executor);
    await occupy();
    const client = open(port, { path: '/' });
    client.request.end();
    while (executor.stats().pending < 1) await rounds(1);
    client.request.destroy();
    while (executor.stats().pending > 0) await rounds(1);
    expect(executor.stats()).toMatchObject({ cancelled: 1, running: 1 });
  });

  test('closes: what was admitted is answered', async () => {
    const occupant = await occupy();
    const closed = closeServer(server, gate);
    barrier.open();
    expect(textOf(await occupant.answer)).toBe('passed');
    await closed;
  });
});
