import { RedisClient } from './redis/client.ts';
import { checkConnection } from './redis/place.ts';
import type { RedisConnection } from './redis/place.ts';
import { redisError } from './redis/redis-error.ts';
import { readHosts, readProducers } from './redis/registry.ts';
import type { ProducerCard } from './redis/registry.ts';
import { queueChecks } from './queue-options.ts';
import type { HostInfo } from './producer/transport.ts';
import { wireVersion } from './wire/bytes.ts';
import { keysOf } from './wire/keys.ts';
import type { Keys } from './wire/keys.ts';
import { Seal } from './wire/seal.ts';

/** The hosts and programs of a queue, and its backlog. Contains no arguments and no results. */
export interface ClusterStatus {
  readonly queue: string;
  readonly release: string | undefined;
  /** `host:port/db`. */
  readonly redis: string;
  readonly threads: number;
  /** Expected run time of all waiting work, divided by the number of threads; undefined if a run time is unknown or no thread is up. */
  readonly backlogSeconds: number | undefined;
  readonly hosts: readonly HostInfo[];
  readonly producers: readonly ProducerCard[];
}

export async function readStatus(
  client: RedisClient,
  keys: Keys,
  release: string | undefined,
  seal: Seal | undefined,
): Promise<ClusterStatus> {
  const reading = [readHosts(client, keys, seal, wireVersion()), readProducers(client, keys)] as const;
  const [hosts, producers] = await Promise.all(reading).catch((error: unknown) => {
    throw redisError('the status can’t be read', error, client.where);
  });
  const threads = hosts.reduce((sum, host) => sum + (host.leaving ? 0 : host.threads), 0);
  const unknown = producers.some(({ backlogMs, pending }) => backlogMs === null && pending > 0);
  const waitingMs = producers.reduce((sum, { backlogMs }) => sum + (backlogMs ?? 0), 0);
  const backlogSeconds = unknown || threads === 0 ? undefined : Math.round(waitingMs / threads) / 1000;
  const { place, queue } = client.where;
  return { queue, release, redis: place, threads, backlogSeconds, hosts, producers };
}

/** Reads the status once. @throws {ClusterError} if Redis can't be reached in time. @throws {InvalidOptionError} */
export async function clusterStatus(options: {
  readonly connection: RedisConnection;
  readonly queue: string;
  readonly release?: string | undefined;
  readonly secret?: string | Buffer | undefined;
}): Promise<ClusterStatus> {
  const { connection, queue, release, secret } = options;
  checkConnection('connection', connection);
  queueChecks.queue('queue', queue);
  if (release !== undefined) queueChecks.release('release', release);
  const client = await RedisClient.create(connection, queue, 'millrace:status');
  try {
    await client.connect(5000);
    const seal = secret === undefined ? undefined : new Seal(secret);
    return await readStatus(client, keysOf(queue, release), release, seal);
  } finally {
    client.close();
  }
}
