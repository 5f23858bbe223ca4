// A worker of plain BullMQ, one job a task: `inline` computes on its own thread, `threads` and `processes` in BullMQ's sandbox,
// `processor` in Millrace's threads.
import { Worker } from 'bullmq';
import { Executor, tasks } from 'millrace';
import { processor } from 'millrace/cluster';
import { fileURLToPath } from 'node:url';
import { spin } from './work.mjs';

const [port, queue, kind] = process.argv.slice(2);
const work = tasks(new URL('work.mjs', import.meta.url));
const sandbox = fileURLToPath(new URL('plain-sandbox.mjs', import.meta.url));
const kinds = {
  inline: () => (job) => Promise.resolve(spin(job.data)),
  processor: () => processor(new Executor({ workers: 2 }), (job) => work.spin(job.data)),
};
const worker = new Worker(queue, kinds[kind]?.() ?? sandbox, {
  connection: { host: '127.0.0.1', port: Number(port) },
  concurrency: kinds[kind] === undefined ? 2 : 16,
  useWorkerThreads: kind === 'threads',
  removeOnComplete: { count: 0 },
});
await worker.waitUntilReady();
process.send('ready');
