import { QueueEvents, Queue, Worker } from 'bullmq';
import type { Job } from 'bullmq';
import { Redis } from 'ioredis';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Executor } from 'millrace';
import type { Task } from 'millrace';
import { processor } from 'millrace/cluster';
import { remote } from './support/cluster.ts';
import { TestRedis } from './support/redis.ts';
import { Runs } from './support/runs.ts';

let redis: TestRedis;
let executor: Executor;
beforeAll(async () => {
  redis = await TestRedis.start();
  executor = new Executor({ workers: 2 });
});
afterAll(async () => {
  await executor.shutdown({ mode: 'kill' });
  await redis[Symbol.asyncDispose]();
});

/** A queue of BullMQ's and a worker whose jobs are tasks. */
async function withQueue<R>(
  toTask: (job: Job) => Task<any>,
  use: (queue: Queue, events: QueueEvents, worker: Worker) => Promise<R>,
  lockDuration = 30_000,
): Promise<R> {
  const connection = { host: '127.0.0.1', port: redis.port };
  const name = `jobs-${Math.random().toString(36).slice(2)}`;
  const queue = new Queue(name, { connection });
  const events = new QueueEvents(name, { connection });
  await events.waitUntilReady();
  const worker = new Worker(name, processor(executor, toTask), {
    connection,
    concurrency: 4,
    lockDuration,
    stalledInterval: lockDuration,
  });
  try {
    return await use(queue, events, worker);
  } finally {
    await worker.close();
    await events.close();
    await queue.close();
  }
}

describe('a processor', () => {
  test('does the work of jobs in the threads of an executor', async () => {
    const sum = await withQueue(
      ({ data }) => remote.add(data.a, data.b),
      async (queue, events) => (await queue.add('add', { a: 1, b: 2 })).waitUntilFinished(events),
    );
    expect(sum).toBe(3);
  });

  test('fails a job with what its task throws', async () => {
    await withQueue(
      () => remote.fail('no luck'),
      async (queue, events) => {
        await expect((await queue.add('fail', {})).waitUntilFinished(events)).rejects.toThrow('no luck');
      },
    );
  });

  test('fails a job with words, also when its task throws none', async () => {
    await withQueue(
      () => remote.failWith(7),
      async (queue, events) => {
        const finished = (await queue.add('fail', {})).waitUntilFinished(events);
        await expect(finished).rejects.toThrow('The task failed with 7');
      },
    );
  });

  test('tells the last report as progress before the result', async () => {
    await withQueue(
      () => remote.reportTo(5),
      async (queue, events) => {
        const heard: unknown[] = [];
        events.on('progress', ({ data }) => heard.push(data));
        await (await queue.add('report', {})).waitUntilFinished(events);
        expect(heard.at(-1)).toEqual({ n: 5 });
      },
    );
  });

  test('cancels the task when its job is cancelled', async () => {
    using runs = new Runs();
    const begun = join(runs.folder, 'gate');
    await withQueue(
      () => remote.stopped(begun),
      async (queue, events, worker) => {
        const job = await queue.add('stop', {});
        const finished = job.waitUntilFinished(events);
        finished.catch(() => {});
        while (!existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 10));
        expect(worker.cancelJob(job.id as string, 'not wanted')).toBe(true);
        await expect(finished).rejects.toThrow('not wanted');
        while (!readFileSync(begun, 'utf8').includes('\n', 6))
          await new Promise((resolve) => setTimeout(resolve, 10));
      },
    );
  });

  test('leaves the main thread free to renew the lock of a job that takes long', async () => {
    using runs = new Runs();
    const [begun, open] = [join(runs.folder, 'gate'), join(runs.folder, 'open')];
    const client = new Redis(redis.url);
    await withQueue(
      () => remote.gated(begun, open),
      async (queue, events) => {
        const finished = (await queue.add('long', {})).waitUntilFinished(events);
        while (!existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 10));
        const left = () => client.pttl(`${queue.qualifiedName}:1:lock`);
        let least = await left();
        for (let now = least; now <= least + 1000; now = await left()) {
          least = Math.min(least, now);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        writeFileSync(open, '');
        expect(await finished).toBe('opened');
      },
      10_000,
    );
    client.disconnect();
    expect(readFileSync(begun, 'utf8')).toBe('begun\n');
  });

  test('is made of an executor and a function only', () => {
    expect(() => processor({} as never, () => remote.add(1, 2))).toThrow(/executor must be an Executor/);
    expect(() => processor(executor, 1 as never)).toThrow(/toTask must be a function/);
  });
});
