/*
 * A worker of BullMQ whose jobs compute in Millrace's threads.
 *
 *   node main.js JOBS        with REDIS_URL in the environment
 */
import { Queue, QueueEvents, Worker } from 'bullmq';
import { Executor, tasks } from 'millrace';
import { processor } from 'millrace/cluster';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

const jobs = Number(process.argv[2] ?? 4);
const connection = { url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' };
const name = `primes-${randomUUID()}`;
const queue = new Queue(name, { connection });
const events = new QueueEvents(name, { connection });
await events.waitUntilReady();

const executor = new Executor({ workers: 2 });
const work = tasks(new URL('work.js', import.meta.url));
const worker = new Worker(
  name,
  processor(executor, ({ data }) => work.countPrimes(data.from, data.milliseconds)),
  // Shorter than the jobs: BullMQ gives a job to somebody else if its lock is not renewed.
  { connection, concurrency: executor.capacity, lockDuration: 500, stalledInterval: 500 },
);
let stalled = 0;
worker.on('stalled', () => stalled++);
worker.on('progress', (job, { percent }) => console.log(`job ${job.id}: ${percent} %`));

const added = await queue.addBulk(
  Array.from({ length: jobs }, (_, n) => ({ name: 'count', data: { from: n * 1e6, milliseconds: 1500 } })),
);
const counts = await Promise.all(added.map((job) => job.waitUntilFinished(events)));
console.log(`${counts.filter((primes) => primes > 0).length} jobs done, ${stalled} stalled`);

// Asked for before the job is added, which may begin at once; the task tells that it has begun.
const begun = once(worker, 'progress');
const long = await queue.add('count', { from: 0, milliseconds: 3_600_000 });
await begun;
worker.cancelJob(long.id, 'not wanted any more');
await long.waitUntilFinished(events).catch(({ message }) => console.log(`job ${long.id}: ${message}`));

await worker.close();
await executor.shutdown();
await queue.obliterate({ force: true });
await events.close();
await queue.close();
