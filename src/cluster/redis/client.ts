import type { Redis } from 'ioredis';
import { ClusterError } from '../../base/errors.ts';
import { optionalPeer } from '../../base/optional-peer.ts';
import { scripts } from '../wire/scripts.ts';
import type { Keys } from '../wire/keys.ts';
import type { Script } from '../wire/scripts.ts';
import { placeOf, secretsOf } from './place.ts';
import type { RedisConnection } from './place.ts';
import { cleanError, isFatal, redisError } from './redis-error.ts';
import type { ErrorPlace } from './redis-error.ts';

/** Milliseconds after which an unanswered command fails; Redis may have executed it. */
const commandTimeoutMs = 5000;
const longestRetryMs = 2000;

type Answer = Buffer | number | null | Answer[];

/** A connection to Redis, with the scripts. Its errors never contain the command. */
export class RedisClient {
  readonly redis: Redis;
  readonly where: ErrorPlace;
  #lastError: Error | undefined = undefined;
  #closed = false;

  private constructor(redis: Redis, where: ErrorPlace) {
    this.redis = redis;
    this.where = where;
    redis.on('error', (error) => (this.#lastError = cleanError(error, where.secrets)));
    for (const { name, keys, lua } of scripts) redis.defineCommand(name, { numberOfKeys: keys, lua });
    // Neither a socket nor the wait for the next attempt must keep the process alive; pending work does.
    const hidden = redis as unknown as Record<'stream' | 'reconnectTimeout', { unref?(): void } | null>;
    redis.on('connect', () => hidden.stream?.unref?.());
    redis.on('reconnecting', () => hidden.reconnectTimeout?.unref?.());
  }

  /** @param blocking true for a connection whose commands may wait without limit. */
  static async create(
    connection: RedisConnection,
    queue: string,
    name: string,
    { blocking = false }: { readonly blocking?: boolean } = {},
  ): Promise<RedisClient> {
    const ioredis = await optionalPeer('ioredis', 'millrace/cluster', () => import('ioredis'));
    const own = {
      lazyConnect: true,
      maxRetriesPerRequest: null,
      connectTimeout: 5000,
      keepAlive: 10_000,
      connectionName: name,
      enableOfflineQueue: true,
      retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), longestRetryMs),
      // ioredis 6 speaks RESP3 by itself, in which some replies have another shape; 5 knows no such option.
      ...({ protocol: 2 } as object),
      stringNumbers: false,
      ...(blocking ? {} : { commandTimeout: commandTimeoutMs }),
    };
    const redis =
      typeof connection === 'string'
        ? new ioredis.Redis(connection, own)
        : new ioredis.Redis({ ...connection, ...own });
    const where = { place: placeOf(connection), queue, secrets: secretsOf(connection) };
    return new RedisClient(redis, where);
  }

  /** Another connection to the same Redis, whose commands may wait without limit. */
  another(): RedisClient {
    const redis = this.redis.duplicate({ maxRetriesPerRequest: null, commandTimeout: undefined });
    return new RedisClient(redis, this.where);
  }

  /** Rejects with `ClusterError` if Redis can't be reached within `timeoutMs`, or refuses the user. */
  async connect(timeoutMs: number): Promise<void> {
    const { redis } = this;
    if (this.#closed)
      throw redisError('it can’t be used', new Error('the connection was closed'), this.where);
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown): void => {
        done();
        reject(redisError('it can’t be used', error, this.where));
      };
      const timer = setTimeout(() => {
        fail(this.#lastError ?? new Error(`timed out after ${timeoutMs} ms`));
      }, timeoutMs);
      const ready = (): void => {
        done();
        resolve();
      };
      const failed = (error: unknown): void => {
        if (isFatal(cleanError(error, []))) fail(error);
      };
      const ended = (): void => fail(this.#lastError ?? new Error('the connection was closed'));
      const done = (): void => {
        clearTimeout(timer);
        redis.off('ready', ready);
        redis.off('error', failed);
        redis.off('end', ended);
      };
      redis.on('ready', ready);
      redis.on('error', failed);
      redis.on('end', ended);
      // It tries again by itself; what counts is the time.
      redis.connect().catch(() => {});
    });
  }

  get isReady(): boolean {
    return this.redis.status === 'ready';
  }

  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** @throws an error without its command. */
  async call<T = Answer>(command: string, ...args: (string | number | Buffer)[]): Promise<T> {
    try {
      return (await this.redis.callBuffer(command, ...args)) as T;
    } catch (error) {
      throw cleanError(error, this.where.secrets);
    }
  }

  async run<T = Answer>({ name }: Script, ...args: (string | number | Buffer)[]): Promise<T> {
    try {
      const commands = this.redis as unknown as Record<string, (...given: typeof args) => Promise<T>>;
      return await (commands[`${name}Buffer`] as (...given: typeof args) => Promise<T>).apply(
        this.redis,
        args,
      );
    } catch (error) {
      throw cleanError(error, this.where.secrets);
    }
  }

  /**
   * Checks that this Redis is suitable. Rejects with a `ClusterError` that says what to change.
   */
  async check({ epoch: epochKey, control }: Keys, epoch: string): Promise<void> {
    const refuse = (what: string, remedy: string): never => {
      const { place, queue } = this.where;
      throw new ClusterError(`Redis at ${place}, queue '${queue}': ${what}: ${remedy}`, {
        redis: place,
        queue,
        code: 'ERR_MILLRACE_CLUSTER_UNFIT',
      });
    };
    try {
      // One section each: Redis before 7 takes no more.
      const sections = ['server', 'memory', 'replication'].map((each) => this.call<Buffer>('INFO', each));
      const info = Buffer.concat(await Promise.all(sections)).toString();
      const of = (key: string): string | undefined => new RegExp(`^${key}:(.*?)\\r?$`, 'm').exec(info)?.[1];
      const [major = 0, minor = 0] = (of('redis_version') ?? '').split('.').map(Number);
      if (major < 6 || (major === 6 && minor < 2))
        refuse(`its version is ${of('redis_version')}`, '6.2 or later is needed');
      if (of('role') === 'slave') refuse('it is a read-only replica', 'connect to the primary');
      const policy = of('maxmemory_policy');
      if (policy !== undefined && policy !== 'noeviction') {
        refuse(
          `its maxmemory-policy is ${policy}, which deletes tasks when memory is short`,
          'CONFIG SET maxmemory-policy noeviction',
        );
      }
      await this.call('SET', epochKey, epoch, 'NX');
      // Says nothing: without the right to this channel, no cancellation would reach a host.
      await this.call('PUBLISH', control, '{}');
    } catch (error) {
      throw error instanceof ClusterError ? error : redisError('it can’t be used', error, this.where);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.redis.disconnect();
  }
}
