import { randomUUID } from 'node:crypto';
import { ExecutorParts } from '../executor/executor-parts.ts';
import { Executor } from '../index.ts';
import { resolveClusterOptions } from './cluster-options.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { clusterEngine } from './producer/cluster-engine.ts';
import type { ClusterEngine } from './producer/cluster-engine.ts';
import { RedisTransport } from './producer/redis-transport.ts';
import type { HostInfo } from './producer/transport.ts';
import { nextExecutorId } from '../scheduler/executor-id.ts';
import { secretFrom } from './queue-options.ts';
import { keysOf } from './wire/keys.ts';
import { Seal } from './wire/seal.ts';

/**
 * An executor whose tasks run on other machines: in processes that `millrace worker` starts, connected by BullMQ and Redis. It is an
 * `Executor`, and works wherever one does.
 *
 * A task begins at most `1 + retries` times and its future settles once, unless Redis loses data that it has acknowledged. If a
 * host dies, a few tasks are in doubt, because they may have finished: they fail with `HostLostError`, or run again if they have
 * `retries`. docs/cluster.md lists the differences from one machine.
 */
export class ClusterExecutor extends Executor {
  readonly #engine: () => ClusterEngine;
  readonly #transport: RedisTransport;

  /**
   * Returns at once; submitted tasks wait for Redis and for hosts. If Redis can't be reached within `connectTimeoutMs`, `ready()` and
   * every task reject with `ClusterError`.
   *
   * @throws {InvalidOptionError} for an unknown option or a bad value; the error never contains a secret.
   */
  constructor(options: ClusterOptions) {
    const resolved = resolveClusterOptions(options);
    const { connection, queue, release, name, batchMs, modules, noHosts, connectTimeoutMs } = resolved;
    const id = randomUUID();
    const seal = new Seal(secretFrom(resolved));
    const keys = keysOf(queue, release);
    const transport = new RedisTransport({ connection, queue, release, keys, id, seal, connectTimeoutMs });
    let engine: ClusterEngine | undefined;
    const start = clusterEngine(
      transport,
      { name, id, batchMs, modules, failWithoutHostsAfterMs: noHosts?.failAfterMs ?? Infinity },
      (made) => (engine = made),
    );
    const { maxPending, maxPendingBytes, maxWaiting, interruptGraceMs, onUnobservedError } = resolved;
    const parts = new ExecutorParts(start, {
      name,
      executorId: nextExecutorId(),
      maxPending,
      maxPendingBytes,
      maxWaiting,
      interruptGraceMs,
      onUnobservedError,
      maxTasksPerWorker: Infinity,
      minWorkers: 0,
      idleTimeoutMs: Infinity,
      /** Threads of all hosts, as last reported. Admission does not depend on them. */
      get workers() {
        return engine?.hosts.threads ?? 0;
      },
    });
    super(parts as never);
    this.#engine = () => engine as ClusterEngine;
    this.#transport = transport;
  }

  /** The live hosts, as last reported; empty until Redis is reached. */
  hosts(): readonly HostInfo[] {
    return this.#engine().hosts.all;
  }

  /**
   * Calls `told` with the frames of the hosts, four times a second, until the returned function is called. Frames are JSON for the
   * inspector, and their form may change with each version.
   */
  watchHosts(told: (host: string, body: string) => void): () => void {
    const watch = this.#transport.watchHosts(told);
    return () => watch.close();
  }
}
