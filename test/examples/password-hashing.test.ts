import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
// @ts-expect-error: the example is plain JavaScript.
import { buildServer } from '../../examples/password-hashing/server.js';
import { Gate } from '../support/gate.ts';
import { closed, jsonOf, listen, send, sendForEver } from '../support/request.ts';
import type { Answer } from '../support/request.ts';
import { rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';
import { start, terminate } from './start.ts';
import type { Example } from './start.ts';

// Quick hashes, also in this process.
vi.hoisted(() => (process.env['SCRYPT_LOG_N'] = '13'));

let port: number;
const json = { 'content-type': 'application/json' };
const post = (path: string, body: unknown, to = port): Promise<Answer> =>
  send(to, path, { body: typeof body === 'string' ? body : JSON.stringify(body), headers: json });

describe('password hashing, as a process', () => {
  let example: Example;
  beforeAll(async () => {
    example = await start('password-hashing');
    ({ port } = example);
  });
  afterAll(() => terminate(example));

  test('registers, and logs in who knows the password', async () => {
    const ada = { name: 'ada', password: 'correct horse' };
    expect(await post('/register', ada)).toMatchObject({ status: 201 });
    expect((await post('/register', ada)).status).toBe(409);
    expect(jsonOf(await post('/login', ada))).toEqual({ name: 'ada' });
    expect((await post('/login', { ...ada, password: 'wrong' })).status).toBe(401);
    expect((await post('/login', { ...ada, name: 'nobody' })).status).toBe(401);
  });

  test('ends with 0 on SIGTERM, having answered what it was doing', async () => {
    const own = await start('password-hashing');
    const answers = Array.from({ length: 8 }, (_, index) =>
      post('/register', { name: `last ${index}`, password: 'x' }, own.port),
    );
    await Promise.race(answers);
    expect(await terminate(own)).toBe(0);
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 201 && status !== 503)).toEqual([]);
  });
});

test('sheds registrations, not logins', async () => {
  const limits = { executor: { workers: 1, maxPending: 8 }, deadlineMs: 600_000 };
  const own: ReturnType<typeof buildServer> = buildServer(limits);
  const to = await listen(own.server);
  const { executor } = own.mill.gate;
  await post('/register', { name: 'bob', password: 'b' }, to);
  // The only thread waits, so that nothing makes room but what is shed.
  const barrier = new Gate();
  const occupied = executor.run(work.pass(barrier.shared));
  await barrier.arrivals();
  const flood = Array.from({ length: 12 }, (_, index) =>
    post('/register', { name: `flood ${index}`, password: 'x' }, to),
  );
  expect((await Promise.race(flood)).status, 'there is no room for the ninth').toBe(503);
  const logins = Array.from({ length: 4 }, () => post('/login', { name: 'bob', password: 'b' }, to));
  while (own.mill.gate.refused.sheddable < 4 + 4) await rounds(1);
  barrier.open();
  await occupied;
  expect((await Promise.all(logins)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const answers = await Promise.all(flood);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 503]));
  const shed = answers.filter(({ status }) => status === 503);
  for (const { headers } of shed) expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
  await own.close();
});

describe('bad input', () => {
  let built: ReturnType<typeof buildServer>;
  beforeAll(async () => {
    built = buildServer({ executor: { workers: 1 } });
    port = await listen(built.server);
  });
  afterAll(() => built.close());

  test.each([
    ['text', 'no json', 400],
    ['an array', '[]', 400],
    ['nothing', '{}', 400],
    ['a number for a name', '{"name":1,"password":"x"}', 400],
    ['a long password', JSON.stringify({ name: 'a', password: 'x'.repeat(300) }), 400],
    ['a longer one', JSON.stringify({ name: 'a', password: 'x'.repeat(3000) }), 413],
  ])('%s: 4xx with the reason', async (_, body, status) => {
    const answer = await post('/register', body);
    expect(answer.status).toBe(status);
    expect(jsonOf(answer).message).not.toBe('Internal Server Error');
  });

  test.each([
    ['a decompression bomb', gzipSync(Buffer.alloc(1e6, ' ')), { 'content-encoding': 'gzip' }, 413],
    ['no gzip', 'rubbish', { 'content-encoding': 'gzip' }, 400],
    ['an encoding that nobody knows', '{}', { 'content-encoding': 'zip' }, 415],
    ['a charset that nobody knows', '{}', { 'content-type': 'application/json; charset=x' }, 415],
    ['a deadline that is none', '{}', { 'request-timeout-ms': 'NaN' }, 400],
    ['two deadlines', '{}', { 'request-timeout-ms': ['5', '6'] }, 400],
  ])('%s: 4xx with the reason', async (_, body, headers, status) => {
    const answer = await send(port, '/register', { body, headers: { ...json, ...headers } });
    expect(answer.status).toBe(status);
    expect(jsonOf(answer).message).not.toBe('Internal Server Error');
  });

  test('an upload of 10 GB: 413 before it is read', async () => {
    expect(await sendForEver(port, '/register', json)).toMatch(/^HTTP\/1.1 413 /);
  });

  test('a client that leaves takes the logins along that it has pipelined, and others hold up no end', async () => {
    const own: ReturnType<typeof buildServer> = buildServer({ executor: { workers: 1 }, closeMs: 0 });
    const to = await listen(own.server);
    const { executor } = own.mill.gate;
    const barrier = new Gate();
    const occupied = executor.run(work.pass(barrier.shared));
    await barrier.arrivals();
    const body = JSON.stringify({ name: 'ada', password: 'x' });
    const login = `POST /register HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    const client = connect(to, '127.0.0.1').on('error', () => {});
    client.write((login + body).repeat(20));
    while (executor.stats().pending < 20) await rounds(1);
    client.destroy();
    while (executor.stats().pending > 0) await rounds(1);
    const silent = connect(to, '127.0.0.1').on('error', () => {});
    const ended = closed(silent.resume());
    silent.write(login);
    await once(own.server, 'request');
    barrier.open();
    await occupied;
    await own.close();
    await ended;
    expect(executor.stats().pending).toBe(0);
  });

  test('a slow-loris body: 408, and its connection is gone', async () => {
    const impatient: ReturnType<typeof buildServer> = buildServer({
      requestMs: 200,
      executor: { workers: 1 },
    });
    const socket = connect(await listen(impatient.server), '127.0.0.1');
    socket.write(
      'POST /login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"n',
    );
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1.1 408 /);
    await impatient.close();
  });
});
