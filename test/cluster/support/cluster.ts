import { tasks } from 'millrace';
import { ClusterExecutor, WorkerHost } from 'millrace/cluster';
import type { ClusterOptions, WorkerHostOptions } from 'millrace/cluster';
import { fileURLToPath } from 'node:url';
import { patienceMs } from '../../support/patience.ts';
import type { TestRedis } from './redis.ts';

export const secret = 'a secret of more than sixteen characters';
export const workUrl: URL = new URL('../../fixtures/remote.mjs', import.meta.url);
export const remote = tasks<typeof import('../../fixtures/remote.mjs')>(workUrl);

/** A queue of a test's own, with hosts in this process and executors; all end with it. */
export class TestCluster implements AsyncDisposable {
  readonly redis: TestRedis;
  readonly queue: string;
  readonly #ends: (() => Promise<void>)[] = [];
  static #count = 0;

  constructor(redis: TestRedis, queue = `q${process.pid}-${TestCluster.#count++}`) {
    this.redis = redis;
    this.queue = queue;
  }

  async host(options: Partial<WorkerHostOptions> = {}): Promise<WorkerHost> {
    const host = new WorkerHost({
      connection: this.redis.url,
      queue: this.queue,
      secret,
      tasks: [fileURLToPath(workUrl)],
      executor: { workers: 2 },
      connectTimeoutMs: patienceMs,
      ...options,
    });
    this.#ends.push(() => host.close({ graceMs: 0 }));
    await host.start();
    return host;
  }

  executor(options: Partial<ClusterOptions> = {}): ClusterExecutor {
    const executor = new ClusterExecutor({
      connection: this.redis.url,
      queue: this.queue,
      secret,
      onUnobservedError: () => {},
      connectTimeoutMs: patienceMs,
      ...options,
    });
    this.#ends.unshift(() => executor.shutdown({ mode: 'kill' }));
    return executor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) await end();
  }
}
