/** `millrace/cluster`: the same executor on many machines, over BullMQ and Redis. Needs the optional packages bullmq and ioredis. */
export { ClusterError, HostLostError } from '../base/errors.ts';
export { ClusterExecutor } from './cluster-executor.ts';
export type { ClusterOptions } from './cluster-options.ts';
export { WorkerHost } from './host/worker-host.ts';
export type { HostCounts } from './host/intake.ts';
export type { WorkerHostOptions } from './host/host-options.ts';
export type { HostInfo } from './producer/transport.ts';
export { processor } from './processor.ts';
export type { Processor } from './processor.ts';
export type { RedisConnection } from './redis/place.ts';
