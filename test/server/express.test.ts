import express from 'express';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { asyncHandler, millrace, millraceErrors } from 'millrace/express';
import type { EmbeddingOptions, ExpressMillrace } from 'millrace/express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Gate } from '../support/gate.ts';
import { jsonOf, listen, open, send, sendForEver, textOf } from '../support/request.ts';
import { rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

let barrier: Gate;
let mill: ExpressMillrace;
let server: Server;
beforeEach(() => {
  barrier = new Gate();
});
afterEach(async () => {
  barrier.open();
  await mill?.shutdown(server);
});

async function start(options: EmbeddingOptions = {}): Promise<number> {
  mill = millrace({ executor: { workers: 1, maxPending: 0 }, ...options });
  const app = express();
  app.use(mill);
  app.get('/light', (_, response) => void response.send('light'));
  app.get('/pass', async (request, response) => {
    response.send(await request.millrace.run(work.pass(barrier.shared, 'passed')));
  });
  app.post('/echo', mill.admit({ class: 'critical' }), express.json(), async (request, response) => {
    response.json(await request.millrace.run(work.echo(request.body)));
  });
  app.get('/throw', async (request) => void (await request.millrace.run(work.reject(new Error('a bug')))));
  app.use(millraceErrors);
  app.use((_error: unknown, _request: unknown, response: express.Response, _next: unknown) => {
    response.status(500).send('passed on');
  });
  server = createServer(app);
  return listen(server);
}

async function occupy(port: number): Promise<ReturnType<typeof open>> {
  const occupant = open(port, { path: '/pass' });
  occupant.request.end();
  await barrier.arrivals();
  await rounds();
  return occupant;
}

const post = { body: '{"a":1}', headers: { 'content-type': 'application/json' } };

describe('the middleware', () => {
  test('gives each request its tasks', async () => {
    const port = await start();
    expect(jsonOf(await send(port, '/echo', post))).toEqual({ a: 1 });
  });

  test('refuses before the body parser, as JSON with Retry-After', async () => {
    const port = await start();
    const occupant = await occupy(port);
    const refused = await send(port, '/echo', { ...post, body: 'no json' });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(jsonOf(refused)).toMatchObject({ code: 'ERR_MILLRACE_SATURATED' });
    expect(await sendForEver(port, '/echo', post.headers)).toMatch(/^HTTP\/1.1 503 /);
    expect((await send(port, '/light')).status).toBe(200);
    expect((await send(port, '/pass')).status, 'without admit() it is refused when it runs').toBe(503);
    barrier.open();
    expect(textOf(await occupant.answer)).toBe('passed');
  });

  test("a route's bad options are refused when it is added", async () => {
    await start();
    expect(() => mill.admit({ class: 'urgent' as never })).toThrow("not 'urgent'");
  });

  test("passes the application's errors on", async () => {
    const port = await start();
    const answer = await send(port, '/throw');
    expect({ status: answer.status, text: textOf(answer) }).toEqual({ status: 500, text: 'passed on' });
  });
});

test('close answers what was admitted', async () => {
  const port = await start();
  const occupant = await occupy(port);
  const closed = mill.shutdown(server);
  barrier.open();
  expect(textOf(await occupant.answer)).toBe('passed');
  await closed;
});

describe('asyncHandler, for Express 4', () => {
  test.each([
    ['a rejection', () => Promise.reject(new RangeError('late')), 'late'],
    ['a rejection without a reason', () => Promise.reject(), 'the handler rejected with undefined'],
  ])('hands on %s', async (_, handler, message) => {
    const error = await new Promise<unknown>((next) => asyncHandler(handler)({}, {}, next));
    expect(error).toMatchObject({ message });
  });

  test('hands its arguments over, and says nothing when all went well', async () => {
    const seen: unknown[] = [];
    const next = () => seen.push('next');
    asyncHandler(async (...args: unknown[]) => void seen.push(...args))('request', 'response', next);
    await rounds();
    expect(seen).toEqual(['request', 'response', next]);
  });

  test('throws at once what the handler throws at once: Express catches that', () => {
    const handler = () => {
      throw new RangeError('at once');
    };
    expect(() => asyncHandler(handler)({}, {}, () => {})).toThrow('at once');
  });
});
