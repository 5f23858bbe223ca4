/*
 * One contender as a process of its own: `node serve.mjs NAME WORKERS`. It tells its port over the channel to its parent,
 * answers `stats`, and ends on SIGTERM.
 *
 *   GET /work       the work, as a request of the class in ?class=
 *   GET /light      nothing
 */
import fastify from 'fastify';
import underPressure from '@fastify/under-pressure';
import { subscribe } from 'node:diagnostics_channel';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { Executor, tasks } from '../../dist/index.js';
import { millrace } from '../../dist/server/fastify.js';
import { CodelQueue } from './codel.mjs';

const [, , name, workers] = process.argv;
const threads = Number(workers);
const module = new URL('./work.mjs', import.meta.url);
let threadStarts = 0;

const contenders = {
  async millrace(app) {
    subscribe('millrace:worker:start', () => threadStarts++);
    await app.register(millrace, { executor: { workers: threads }, deadlineMs: 1000, closeMs: 3000 });
    const { hash } = tasks(module);
    for (const requestClass of ['critical', 'normal', 'sheddable']) {
      const config = { millrace: { class: requestClass } };
      app.get(`/${requestClass}`, { config }, (request) => request.millrace.run(hash()));
    }
    await app.millrace.executor.ready();
    return () => app.millrace.executor.stats();
  },
  /** The executor without the gate, CoDel and newest-first instead. */
  async codel(app) {
    const executor = new Executor({ workers: threads });
    const queue = new CodelQueue(executor);
    const { hash } = tasks(module);
    for (const path of ['critical', 'normal', 'sheddable']) app.get(`/${path}`, () => queue.run(hash()));
    app.addHook('onClose', () => executor.shutdown({ mode: 'kill' }));
    await executor.ready();
    return () => executor.stats();
  },
  async piscina(app) {
    const pool = new Piscina({ filename: fileURLToPath(module), minThreads: threads, maxThreads: threads });
    pool.on('workerCreate', () => threadStarts++);
    for (const path of ['critical', 'normal', 'sheddable']) app.get(`/${path}`, () => pool.run());
    app.addHook('onClose', () => pool.destroy());
    return () => ({ pending: pool.queueSize });
  },
  /** With the thresholds of its README, except those on memory, which threads exceed at once. */
  async 'under-pressure'(app) {
    await app.register(underPressure, { maxEventLoopDelay: 1000, maxEventLoopUtilization: 0.98 });
    return contenders.piscina(app);
  },
};

const app = fastify();
const stats = await contenders[name](app);
app.get('/light', () => 'light');
await app.listen({ port: 0, host: '127.0.0.1' });
process.send({ port: app.server.address().port });
process.on('message', () => {
  globalThis.gc?.();
  process.send({ ...stats(), threadStarts, heapUsed: process.memoryUsage().heapUsed });
});
process.once('SIGTERM', () => {
  process.disconnect();
  void app.close();
});
