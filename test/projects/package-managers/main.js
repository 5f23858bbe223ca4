// The library, one copy of it, and what it says of packages that are too old or missing. Prints 'ok'.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Executor, tasks } from 'millrace';
import { millrace } from 'millrace/express';

const work = tasks(new URL('./work.js', import.meta.url));
const executor = new Executor({ workers: 1 });
assert.equal(await executor.run(work.double(21)), 42);
await executor.shutdown();
assert.equal(createRequire(import.meta.url)('millrace').Executor, Executor);
assert.equal(typeof millrace, 'function');
await assert.rejects(import('millrace/fastify'), { code: 'ERR_MILLRACE_PEER_VERSION' });
await assert.rejects(import('millrace/nest'), { code: 'ERR_MILLRACE_PEER_MISSING' });
await assert.rejects(import('millrace/unplugin'), { code: 'ERR_MILLRACE_PEER_MISSING' });
console.log('ok');
