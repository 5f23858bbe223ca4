import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { Executor } from 'millrace';
import { inspector, openInspector } from 'millrace/inspector';
import { afterEach, describe, expect, test } from 'vitest';
import { FrameRing } from '../../src/inspector/serve/frame-ring.ts';
import { Viewers } from '../../src/inspector/serve/viewers.ts';
import { eventually } from '../support/eventually.ts';
import { work } from '../support/work.ts';
import { ask, Viewer } from './watch.ts';

/* Viewers who are slow, many, or gone: they must cost the process nothing but a few bytes. */

const closed: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closed.splice(0).toReversed()) await close();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closed.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A connection that asks to look on so many times, and reads nothing at all. */
async function deaf(port: number, times = 1): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  closed.push(() => socket.destroy());
  socket.on('error', () => {});
  socket.pause();
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('GET /?events HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(times));
  return socket;
}

const frame = 'x'.repeat(100_000);
const sent = (functions?: string) => ({ frame, spans: '{}', spanCount: 0, functions });

/** Viewers of whatever the test tells, and their connections. */
async function told(patienceMs?: number) {
  let count = 0;
  const viewers = new Viewers(8, false, (now) => (count = now), patienceMs);
  const responses: ServerResponse[] = [];
  const port = await listen(
    createServer((request, response) => {
      responses.push(response);
      viewers.add(request, response);
    }),
  );
  return { viewers, responses, port, url: `http://127.0.0.1:${port}/`, count: () => count };
}

describe('a viewer that does not read', () => {
  test('is told no more than waits in its connection and a few megabytes beside it', async () => {
    const { viewers, responses, port, count } = await told();
    for (let index = 0; index < 4; index++) await deaf(port);
    await eventually(() => expect(count()).toBe(4));
    const before = process.memoryUsage();
    // 200 MB for each of them.
    for (let index = 0; index < 2000; index++) {
      viewers.tell(sent());
      if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const response of responses) expect(response.writableLength).toBeLessThan(512 * 1024);
    const { external, heapUsed } = process.memoryUsage();
    expect(external - before.external).toBeLessThan(32 * 1024 * 1024);
    expect(heapUsed - before.heapUsed).toBeLessThan(64 * 1024 * 1024);
    expect(count()).toBe(4);
  });

  test('is cut when it has taken nothing for too long; others are told all', async () => {
    const { viewers, port, url, count } = await told(50);
    const socket = await deaf(port);
    using reads = await Viewer.open(url);
    await eventually(() => expect(count()).toBe(2));
    const numbered = (index: number) => ({ ...sent(), frame: JSON.stringify({ index, frame }) });
    let index = 0;
    // One after the other, as it reads them.
    await eventually(async () => {
      viewers.tell(numbered(index++));
      await reads.until<{ index: number }>('frame', (data) => data.index === index - 1);
      expect(count()).toBe(1);
    });
    const all = reads.of<{ index: number }>('frame').map((data) => data.index);
    expect(all).toEqual(Array.from({ length: index }, (_, each) => each));
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
  });

  test('is cut also where it asks many times on one connection, of which only the first is answered', async () => {
    const { viewers, port, count } = await told(50);
    await deaf(port, 6);
    await eventually(() => expect(count()).toBe(6));
    await eventually(() => {
      viewers.tell(sent());
      expect(count()).toBe(0);
    });
  });

  test('misses frames, but not what functions are called', async () => {
    const { viewers, port, count } = await told();
    const socket = await deaf(port);
    await eventually(() => expect(count()).toBe(1));
    for (let index = 0; index < 200; index++) viewers.tell(sent(`["f${index}"]`));
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString()));
    socket.resume();
    viewers.tell({ ...sent(), frame: '"the last"' });
    await eventually(() => expect(text).toContain('"the last"'));
    expect(text.split('event: frame').length).toBeLessThan(200);
    expect(text.lastIndexOf('"f199"')).toBeGreaterThan(0);
  });

  test('gives its place to who comes, however little was sent; one that says it reads keeps its own', async () => {
    const { viewers, port, url, count } = await told(50);
    using reads = await Viewer.open(url);
    const id = await reads.until<number>('viewer');
    for (let round = 0; round < 20; round++) {
      while (count() < 8) {
        const before = count();
        await deaf(port);
        await eventually(() => expect(count()).toBe(before + 1));
      }
      await eventually(() => {
        viewers.seen(id);
        expect(viewers.hasRoom()).toBe(true);
      });
      await eventually(() => expect(count()).toBe(7));
    }
    expect(reads.ended).toBe(false);
  });

  test('says so with a request', async () => {
    await using executor = new Executor({ workers: 1 });
    await using server = await openInspector(executor);
    using viewer = await Viewer.open(server.url);
    const id = await viewer.until<number>('viewer');
    for (const seen of [id, 0, 'x', ''])
      expect(await ask(`${server.url}?seen=${seen}`)).toMatchObject({ status: 204, body: '' });
    expect((await ask(`${server.url}?seen=${id}`, { origin: 'https://evil.example' })).status).toBe(403);
  });

  test('holds up neither the executor nor other viewers', async () => {
    await using executor = new Executor({ workers: 1 });
    await using server = await openInspector(executor);
    const port = Number(new URL(server.url).port);
    for (let index = 0; index < 7; index++) await deaf(port);
    using reads = await Viewer.open(server.url);
    await reads.until('frame');
    expect(await executor.run(work.echo(1))).toBe(1);
    // The page itself is no viewer.
    expect((await ask(server.url)).status).toBe(200);
    await eventually(async () => expect((await ask(`${server.url}?events`)).status).toBe(503));
  });
});

test('viewers who leave in the midst leave nothing behind', async () => {
  await using executor = new Executor({ workers: 1 });
  const handler = inspector(executor, { maxViewers: 64 });
  closed.push(() => handler.close());
  const responses: ServerResponse[] = [];
  const heard = new Set<number | undefined>();
  const port = await listen(
    createServer((request, response) => {
      responses.push(response);
      heard.add(request.socket.remotePort);
      handler(request, response);
    }),
  );
  for (let round = 0; round < 20; round++) {
    const sockets = await Promise.all(Array.from({ length: 32 }, () => deaf(port)));
    // In every other round all have been heard, in the others as many as the server was quick enough to hear.
    if (round % 2 === 0) {
      const ports = sockets.map(({ localPort }) => localPort);
      await eventually(() => expect(ports.every((each) => heard.has(each))).toBe(true));
    }
    for (const [index, socket] of sockets.entries()) {
      if (index % 3 === 0) socket.resetAndDestroy();
      else if (index % 3 === 1) socket.destroy();
      else socket.end(() => socket.destroy());
    }
  }
  await eventually(() => {
    expect(responses.length).toBeGreaterThanOrEqual(320);
    expect(responses.every(({ closed: isClosed }) => isClosed)).toBe(true);
  });
  using viewer = await Viewer.open(`http://127.0.0.1:${port}/`);
  await viewer.until('frame');
});

describe('the last minute', () => {
  test('has 240 frames at the most, and 8 MiB', () => {
    const ring = new FrameRing();
    for (let index = 0; index < 300; index++) ring.add({ ...sent(), frame: String(index) });
    expect([...ring].map(({ frame: text }) => text)).toEqual(
      Array.from({ length: 240 }, (_, index) => String(index + 60)),
    );
    for (let index = 0; index < 300; index++) ring.add({ ...sent(), spans: frame, spanCount: 10 });
    const kept = [...ring];
    const length = kept.reduce((sum, each) => sum + each.frame.length + each.spans.length, 0);
    expect(length).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(kept.length).toBeGreaterThan(30);
    expect(kept.at(-1)?.spans).toBe(frame);
  });

  test('has spans of the latest frames only, if there are very many', () => {
    const ring = new FrameRing();
    for (let index = 0; index < 20; index++)
      ring.add({ frame: String(index), spans: `{"1":[${index}]}`, spanCount: 2000, functions: undefined });
    const without = [...ring].filter(({ spans }) => spans === '{}');
    expect(without).toHaveLength(12);
  });
});
