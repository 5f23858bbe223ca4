import { Queue, QueueEvents } from 'bullmq';
import { tasks } from 'millrace';
import { ClusterExecutor } from 'millrace/cluster';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const work = tasks(new URL('work.mjs', import.meta.url));

/** Millrace: one host of two threads. */
export async function millrace(port) {
  const queue = 'bench';
  const connection = `redis://127.0.0.1:${port}`;
  const secret = 'the benchmark has a secret, as everybody';
  const cli = pathOf('../../dist/cli.js');
  const args = ['worker', '--queue', queue, '--tasks', pathOf('work.mjs'), '--workers', '2'];
  const env = { ...process.env, MILLRACE_REDIS_URL: connection, MILLRACE_SECRET: secret };
  const host = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'ignore', 'ignore'] });
  const executor = new ClusterExecutor({ connection, queue, secret });
  await executor.ready();
  return {
    name: 'millrace',
    call: (ms) => executor.run(work.spin(ms)),
    async run(ms, items) {
      let count = 0;
      for await (const _ of executor.map(items, () => work.spin(ms), { ordered: false })) count++;
      return count;
    },
    async close() {
      await executor.shutdown();
      host.kill('SIGTERM');
      await once(host, 'exit');
    },
  };
}

/** Plain BullMQ: one job a task, added a hundred at a time, results by its events; two threads compute. */
export async function plain(port, kind) {
  const queueName = `plain-${kind}`;
  const connection = { host: '127.0.0.1', port };
  const queue = new Queue(queueName, { connection, defaultJobOptions: { removeOnComplete: true } });
  const events = new QueueEvents(queueName, { connection });
  await events.waitUntilReady();
  const processes = kind === 'inline' ? 2 : 1;
  const workers = Array.from({ length: processes }, () =>
    fork(pathOf('plain-worker.mjs'), [port, queueName, kind]),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const done = { count: 0, wake: undefined };
  const calls = new Map();
  events.on('completed', ({ jobId }) => {
    done.count++;
    done.wake?.();
    calls.get(jobId)?.();
  });
  let lastCall = 0;
  /** Resolves when so many have completed. */
  const reached = async (count) => {
    while (done.count < count) await new Promise((resolve) => (done.wake = resolve));
  };
  return {
    name: `BullMQ, ${kind}`,
    async call(ms) {
      const jobId = `call-${++lastCall}`;
      const finished = new Promise((resolve) => calls.set(jobId, resolve));
      await queue.add('spin', ms, { jobId });
      await finished;
      calls.delete(jobId);
    },
    async run(ms, items) {
      const from = done.count;
      let sent = 0;
      let chunk = [];
      const flush = async () => {
        sent += chunk.length;
        await queue.addBulk(chunk);
        chunk = [];
        await reached(from + sent - 1000);
      };
      for (const _ of items) {
        chunk.push({ name: 'spin', data: ms });
        if (chunk.length === 100) await flush();
      }
      if (chunk.length > 0) await flush();
      await reached(from + sent);
      return sent;
    },
    async close() {
      for (const worker of workers) worker.kill('SIGTERM');
      await Promise.all(workers.map((worker) => once(worker, 'exit')));
      await events.close();
      await queue.close();
    },
  };
}
