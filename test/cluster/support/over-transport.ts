import { clusterEngine } from '../../../src/cluster/producer/cluster-engine.ts';
import type { Transport } from '../../../src/cluster/producer/transport.ts';
import { Executor } from '../../../src/executor/executor.ts';
import { ExecutorParts } from '../../../src/executor/executor-parts.ts';

/** The module that the hosts of `FakeCluster` have. */
export const fakeUrl = 'file:///fake/work.js';

/** An executor of the sources whose batches go by this transport. */
export function executorOver(transport: Transport, maxPending = 200): Executor {
  const engine = clusterEngine(transport, {
    name: 'fake',
    id: 'p',
    batchMs: 40,
    modules: { [fakeUrl]: 'fake/work.js' },
    failWithoutHostsAfterMs: Infinity,
  });
  const parts = new ExecutorParts(engine, {
    name: 'fake',
    executorId: 1,
    workers: 0,
    minWorkers: 0,
    idleTimeoutMs: Infinity,
    maxPending,
    maxPendingBytes: 2 ** 28,
    maxWaiting: Infinity,
    maxTasksPerWorker: Infinity,
    interruptGraceMs: 100,
    onUnobservedError: () => {},
  });
  return new Executor(parts as never);
}
