// npm has installed the package beside old versions of its optional peers. What needs a newer one says so; the rest works.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import express from 'express';
import { Executor, PeerError } from 'millrace';
import { asyncHandler, millrace, millraceErrors } from 'millrace/express';
import { hashing, images, prepareImages } from 'millrace/tasks';

const versionOf = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;

async function refuses(name, wanted, attempt) {
  const error = await attempt().catch((reason) => reason);
  assert.ok(error instanceof PeerError, `${name}: ${error}`);
  const { code, package: named, found, wanted: range } = error;
  assert.deepEqual(
    { code, named, found, range },
    { code: 'ERR_MILLRACE_PEER_VERSION', named: name, found: versionOf(name), range: wanted },
  );
  assert.match(error.message, new RegExp(`${name} ${wanted}, but ${found} is installed`));
}

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const executor = new Executor({ workers: 1 });
await refuses('fastify', '>=5', () => import('millrace/fastify'));
await refuses('prom-client', '>=15', () => import('millrace/metrics'));
await refuses('bullmq', '>=6.7', () => import('millrace/cluster'));
await refuses('sharp', '>=0.34', () => prepareImages());
await refuses('sharp', '>=0.34', () => executor.run(images.metadata(png)));
assert.throws(() => createRequire(import.meta.url)('millrace/fastify'), {
  code: 'ERR_MILLRACE_PEER_VERSION',
});

writeFileSync('input', '1\n');
writeFileSync('work.mjs', 'export const same = (n) => n;');
const tune = ['millrace', 'tune', 'work.mjs#same', '--input', 'input', '--svg', 'curves.svg'];
const { status, stderr } = spawnSync('npx', ['--no-install', ...tune], { encoding: 'utf8' });
assert.equal(status, 1);
assert.match(stderr, /--svg needs echarts >=6, but 5\.\d+\.\d+ is installed/);
assert.match(
  execFileSync('npx', ['--no-install', 'millrace', 'hash', 'input'], { encoding: 'utf8' }),
  /^4355a46b/,
);

// Express 4 works, its asynchronous handlers through asyncHandler().
const mill = millrace({ executor });
const app = express();
app.use(mill);
app.get(
  '/hash',
  mill.admit({ class: 'critical' }),
  asyncHandler(async (request, response) => {
    response.send(await request.millrace.run(hashing.hashBytes('abc')));
  }),
);
app.get(
  '/fail',
  asyncHandler(async (request) => {
    await request.millrace.run(hashing.hashBytes('abc', { algorithm: 'no such' }));
  }),
);
app.use(millraceErrors);
app.use((error, _request, response, _next) => response.status(500).send(error.code));
const server = app.listen(0);
const at = (path) => fetch(`http://localhost:${server.address().port}${path}`);
assert.match(await (await at('/hash')).text(), /^ba7816bf/);
const failed = await at('/fail');
assert.deepEqual([failed.status, await failed.text()], [500, 'ERR_MILLRACE_UNKNOWN_ALGORITHM']);
await executor.shutdown();
const refused = await at('/hash');
assert.equal(refused.status, 503);
assert.equal((await refused.json()).code, 'ERR_MILLRACE_CLOSED');
await mill.shutdown(server);
