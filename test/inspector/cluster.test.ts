import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Executor } from 'millrace';
import type { ClusterExecutor } from 'millrace/cluster';
import { inspector } from 'millrace/inspector';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HostFrames } from '../../src/cluster/host/host-frames.ts';
import { Seal } from '../../src/cluster/wire/seal.ts';
import {
  frameMessage,
  isWatchMessage,
  readFrame,
  watchMessage,
} from '../../src/cluster/wire/watch-message.ts';
import type { Frame, FrameSpans } from '../../src/inspector/record/frame.ts';
import { remote, TestCluster } from '../cluster/support/cluster.ts';
import { HostProcess } from '../cluster/support/host-process.ts';
import { TestRedis } from '../cluster/support/redis.ts';
import { eventually } from '../support/eventually.ts';
import { work } from '../support/work.ts';
import { Viewer } from './watch.ts';

/* The hosts of a cluster on the page of the program whose tasks they run. */

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis[Symbol.asyncDispose]());

/** A server with the page of an executor. */
async function serve(executor: ClusterExecutor): Promise<{ url: string } & Disposable> {
  const handler = inspector(executor);
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.dispose]() {
      handler.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('each host of a cluster', () => {
  test('is seen with its own threads, functions and figures, and is gone when it has left', async () => {
    await using cluster = new TestCluster(redis);
    await using one = await HostProcess.start(cluster);
    await using two = await HostProcess.start(cluster);
    const executor = cluster.executor({ name: 'far' });
    await executor.ready();
    using page = await serve(executor);
    using viewer = await Viewer.open(page.url);
    const over = new AbortController();
    const busy = (async () => {
      while (!over.signal.aborted)
        await Promise.all(Array.from({ length: 8 }, () => executor.run(remote.spin(5))));
    })();
    const pids = [one.child.pid, two.child.pid];
    await eventually(() => {
      const frames = viewer.of<Frame>('frame');
      const all = frames.flatMap(({ executors }) => executors);
      expect(new Set(all.map(({ process: own }) => own?.pid))).toEqual(new Set([undefined, ...pids]));
      const known = viewer.of<{ name: string; file: string }[]>('functions').at(-1) ?? [];
      const spin = known.findIndex(({ name }) => name === 'spin');
      expect(known[spin]?.file).toBe('remote.mjs');
      for (const pid of pids) {
        const own = all.filter(({ process: its }) => its?.pid === pid);
        expect(own[0]).toMatchObject({ name: expect.stringMatching(`:${pid}$`), workers: 2 });
        expect(own.some(({ functions }) => functions.some(([slot]) => slot === spin))).toBe(true);
        const spans = viewer.of<FrameSpans>('spans').flatMap((each) => each[own[0]?.id ?? 0] ?? []);
        expect(spans.length).toBeGreaterThan(0);
        expect(spans.filter((_, index) => index % 6 === 1).every((slot) => slot === spin)).toBe(true);
      }
    });
    await eventually(() => expect(viewer.of<Frame>('frame').at(-1)?.present).toHaveLength(3));
    over.abort();
    await busy;
    await one.end('SIGTERM');
    await eventually(() => expect(viewer.of<Frame>('frame').at(-1)?.present).toHaveLength(2));
  });

  test('that is missing is said to be the limit', async () => {
    await using cluster = new TestCluster(redis);
    const executor = cluster.executor();
    using page = await serve(executor);
    using viewer = await Viewer.open(page.url);
    const verdictIs = (title: RegExp) =>
      viewer.until<Frame>('frame', ({ executors }) => title.test(executors[0]?.verdict.title ?? ''));
    await verdictIs(/^Idle/);
    const sums = Array.from({ length: 8 }, (_, index) => executor.run(remote.add(index, 1)));
    await verdictIs(/^There is work, and no host$/);
    await cluster.host();
    expect(await Promise.all(sums)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('is heard only while somebody watches', async () => {
    await using cluster = new TestCluster(redis);
    const host = await cluster.host();
    const executor = cluster.executor();
    await executor.run(remote.add(1, 2));
    using page = await serve(executor);
    const viewer = await Viewer.open(page.url);
    await viewer.until<Frame>('frame', ({ executors }) => executors.some(({ name }) => name === host.name));
    viewer[Symbol.dispose]();
    const told: string[] = [];
    const unwatch = executor.watchHosts((id) => told.push(id));
    await eventually(() => expect(told).toContain(host.id));
    unwatch();
    const { length } = told;
    await executor.run(remote.add(1, 2));
    expect(told).toHaveLength(length);
  });

  test('stops to record when it is not asked any more', async () => {
    await using executor = new Executor({ workers: 1 });
    const bodies: string[] = [];
    const publish = (body: string) => Promise.resolve(bodies.push(body));
    const frames = new HostFrames(executor, 'm:1', publish, 1);
    frames.asked();
    await eventually(() => expect(bodies).toHaveLength(1));
    await executor.run(work.echo(1));
    // As long as a frame and a half.
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(bodies).toHaveLength(1);
    frames.asked();
    await eventually(() => expect(bodies).toHaveLength(2));
    expect(JSON.parse(bodies[1] as string)).toMatchObject({ v: 1, name: 'm:1', functions: [] });
    frames.close();
  });

  test('leaves out frames that can’t be sent in time', async () => {
    await using executor = new Executor({ workers: 1 });
    let sent = 0;
    const frames = new HostFrames(executor, 'm:1', () => {
      sent++;
      return new Promise(() => {});
    });
    frames.asked();
    await eventually(() => expect(sent).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(sent).toBe(1);
    frames.close();
  });
});

describe('with a secret', () => {
  const seal = new Seal('a secret of more than sixteen characters');
  const other = new Seal('another secret of more than sixteen');

  test('only who has it is told anything', () => {
    expect(isWatchMessage(watchMessage('p', seal), seal)).toBe(true);
    expect(isWatchMessage(watchMessage('p', other), seal)).toBe(false);
    for (const bad of ['', '{"watch":', '{"watch":1}', '{"watch":"p","s":1}', '{"watch":"p"}'])
      expect(isWatchMessage(bad, seal), bad).toBe(false);
  });

  test('only who has it is believed', () => {
    const message = frameMessage('h', '{"v":1}', seal);
    expect(readFrame(message, seal)).toEqual({ host: 'h', body: '{"v":1}' });
    expect(readFrame(frameMessage('h', '{"v":1}', other), seal)).toBeUndefined();
    expect(readFrame(message.replace(/^h/, 'g'), seal)).toBeUndefined();
    for (const bad of ['', '\n', 'h', 'h x', 'h\n{}', 'h x\n{}'])
      expect(readFrame(bad, seal), bad).toBeUndefined();
  });
});
