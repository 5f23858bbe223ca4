import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeServer, OverloadGate, sendError } from 'millrace/http';
import { prometheusMetrics } from 'millrace/metrics';
import { eventually } from '../support/eventually.ts';
import { remote, TestCluster } from './support/cluster.ts';
import { TestRedis } from './support/redis.ts';
import { Runs } from './support/runs.ts';

/*
 * What takes an executor takes one of many machines.
 */

let redis: TestRedis;
let cluster: TestCluster;
beforeAll(async () => {
  redis = await TestRedis.start();
  cluster = new TestCluster(redis);
  await cluster.host();
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

describe('a cluster executor behind', () => {
  test('a gate: requests beyond what the hosts can do are refused at once, and the others answered', async () => {
    using runs = new Runs();
    const executor = cluster.executor({ maxPending: 8 });
    await executor.ready();
    // Its run time is known then.
    await Promise.all([1, 2, 3, 4].map(() => executor.run(remote.spin(50))));
    // Both threads of the host wait until a request was refused: quick ones would make room as fast as requests arrive.
    const open = join(runs.folder, 'open');
    for (const begun of [join(runs.folder, 'one'), join(runs.folder, 'other')]) {
      await executor.submit(remote.gated(begun, open));
      await eventually(() => expect(existsSync(begun)).toBe(true));
    }
    const gate = new OverloadGate(executor, { deadlineMs: 600_000 });
    const answer = async (own: ReturnType<typeof gate.enter>): Promise<string> =>
      String(await own.run(remote.spin(50)));
    const server = createServer((request, response) => {
      answer(gate.enter(request, response)).then(
        (text) => response.end(text),
        (error: unknown) => sendError(request, response, error),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    // More than four times as many at once as it has places.
    const asked = Array.from({ length: 32 }, () => fetch(`http://127.0.0.1:${port}/`));
    expect((await Promise.race(asked)).status).toBe(503);
    writeFileSync(open, '');
    const answers = await Promise.all(asked);
    const statuses = answers.map(({ status }) => status);
    const texts = await Promise.all(answers.map((each) => each.text()));
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect(texts.filter((text) => text === '50').length).toBe(statuses.filter((each) => each === 200).length);
    expect(statuses.filter((each) => each === 200).length).toBeGreaterThanOrEqual(6);
    for (const { status, headers } of answers)
      if (status === 503) expect(headers.get('retry-after')).not.toBeNull();
    await closeServer(server, gate);
    await executor.shutdown();
  });

  test('prometheusMetrics(): its figures are those of any other', async () => {
    const executor = cluster.executor({ name: 'far' });
    const registry = new Registry();
    const metrics = await prometheusMetrics({ executors: [executor], registry, hostLoad: false });
    await executor.run(remote.add(1, 2));
    expect(await registry.metrics()).toMatch(
      /^millrace_tasks_total\{executor="far",outcome="fulfilled"\} 1$/m,
    );
    metrics.stop();
  });

  test('streams: web and Node', async () => {
    const executor = cluster.executor();
    const { readable, writable } = executor.stream((n: number) => remote.add(n, 1));
    const writer = writable.getWriter();
    const write = async (): Promise<void> => {
      for (let n = 0; n < 100; n++) await writer.write(n);
      await writer.close();
    };
    const written = write();
    const sums: number[] = [];
    for await (const sum of readable as AsyncIterable<number>) sums.push(sum);
    await written;
    expect(sums).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  test('deadlines, timeouts and signals', async () => {
    const executor = cluster.executor();
    await expect(
      executor.run(remote.spin(600_000), { timeoutMs: 100, interrupt: true }),
    ).rejects.toMatchObject({
      name: 'TaskTimeoutError',
      message: expect.stringMatching(/^task 1 \(spin\) ran longer than its timeout of 100 ms$/),
    });
    const controller = new AbortController();
    const running = await executor.submit(remote.spin(600_000), {
      signal: controller.signal,
      interrupt: true,
    });
    while (running.state !== 'running') await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort(new Error('not wanted'));
    expect(await running.outcome()).toMatchObject({ status: 'cancelled', reason: { message: 'not wanted' } });
    // Its thread was ended for it, and takes others.
    expect(await executor.run(remote.add(1, 2))).toBe(3);
  });

  test('shutdown: drain runs what was admitted, cancel takes back what no host has begun', async () => {
    const draining = cluster.executor();
    const all = await Promise.all(Array.from({ length: 50 }, (_, n) => draining.submit(remote.add(n, 1))));
    await draining.shutdown();
    expect(all.every(({ state }) => state === 'fulfilled')).toBe(true);
    const cancelling = cluster.executor();
    await cancelling.run(remote.spin(20));
    const some = await Promise.all(Array.from({ length: 200 }, () => cancelling.submit(remote.spin(20))));
    await some[0]?.result();
    await cancelling.shutdown({ mode: 'cancel' });
    const states = some.map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(['fulfilled', 'cancelled']));
    expect(states.filter((state) => state === 'fulfilled').length).toBeLessThan(100);
    await expect(cancelling.submit(remote.add(1, 2))).rejects.toMatchObject({ code: 'ERR_MILLRACE_CLOSED' });
  });
});
