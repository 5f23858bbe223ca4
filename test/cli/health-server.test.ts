import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WorkerHost } from 'millrace/cluster';
import { HealthServer } from '../../src/cli/cluster/health-server.ts';
import type { WorkerArguments } from '../../src/cli/cluster/worker-arguments.ts';

const workUrl = new URL('../fixtures/remote.mjs', import.meta.url);

let host: WorkerHost;
let server: HealthServer;
let address: string;
beforeAll(async () => {
  const place = createServer().listen(0, '127.0.0.1');
  await once(place, 'listening');
  const { port } = place.address() as AddressInfo;
  place.close();
  await once(place, 'close');
  host = new WorkerHost({
    connection: 'redis://127.0.0.1:1',
    queue: 'health',
    insecure: true,
    tasks: [fileURLToPath(workUrl)],
    executor: { workers: 1 },
  });
  server = new HealthServer(host, { health: { host: '127.0.0.1', port } } as WorkerArguments);
  address = `http://127.0.0.1:${port}`;
  await server.listen();
});
afterAll(async () => {
  await server.close();
  await host.close();
});

test('a host that does not reach Redis lives, is not ready, and serves its own figures', async () => {
  expect((await fetch(`${address}/live`)).status).toBe(200);
  expect((await fetch(`${address}/ready`)).status).toBe(503);
  const metrics = await fetch(`${address}/metrics`);
  expect(metrics.status).toBe(200);
  const text = await metrics.text();
  // Not 0, which would have an autoscaler take hosts away.
  expect(text).toMatch(/^millrace_cluster_backlog_seconds NaN$/im);
  expect(text).toMatch(/^millrace_host_batches_total 0$/m);
  expect(text).toMatch(/^# TYPE millrace_host_batches_total counter$/m);
  expect(text).toMatch(/^millrace_workers\{executor="host health"\} 1$/m);
});
