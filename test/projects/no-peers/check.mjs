// Only the package is installed. What needs nothing more works; the rest names what is missing.
import assert from 'node:assert/strict';
import { Executor, PeerError } from 'millrace';
import { ClusterExecutor } from 'millrace/cluster';
import { millrace as middleware } from 'millrace/express';
import { millrace as plugin } from 'millrace/fastify';
import { Semaphore } from 'millrace/flow';
import { OverloadGate } from 'millrace/http';
import { prometheusMetrics, traceTasks } from 'millrace/metrics';
import { hashing, images, prepareImages } from 'millrace/tasks';

assert.ok([middleware, plugin, Semaphore].every((each) => typeof each === 'function'));
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const executor = new Executor({ workers: 1 });
assert.match(await executor.run(hashing.hashBytes('abc')), /^ba7816bf/);
assert.equal(new OverloadGate(executor).executor, executor);

async function misses(name, attempt) {
  const error = await attempt().catch((reason) => reason);
  assert.ok(error instanceof PeerError, `${name}: ${error}`);
  assert.equal(error.code, 'ERR_MILLRACE_PEER_MISSING');
  assert.equal(error.package, name);
  assert.match(error.message, new RegExp(`npm install ${name}$`));
}
await misses('sharp', () => prepareImages());
await misses('sharp', () => executor.run(images.metadata(png)));
await misses('prom-client', () => prometheusMetrics({ executors: [executor] }));
await misses('@opentelemetry/api', () => traceTasks());
const far = new ClusterExecutor({ connection: 'redis://127.0.0.1:1', queue: 'q', insecure: true });
await misses('bullmq', () => far.ready());
await far.shutdown();
// What can't do without is told when it is imported, once and to whoever imports it.
await misses('@nestjs/common', () => import('millrace/nest'));
await misses('unplugin', () => import('millrace/unplugin'));
await executor.shutdown();
