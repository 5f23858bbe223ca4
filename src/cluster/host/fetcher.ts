import type { Job as BullJob, Worker as BullWorker } from 'bullmq';
import { once } from 'node:events';
import type { RedisClient } from '../redis/client.ts';
import { cleanError } from '../redis/redis-error.ts';
import { bullQueue } from '../wire/keys.ts';
import type { Keys } from '../wire/keys.ts';
import type { Seal } from '../wire/seal.ts';
import { EarlyBegins } from './early-begins.ts';
import type { Intake } from './intake.ts';

interface FetcherParts {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly seal: Seal;
  readonly threads: number;
  readonly lockMs: number;
  readonly intake: Intake;
  readonly warn: (message: string) => void;
}

/** What BullMQ's types hide: it renews the locks of jobs, with a timer that keeps the process alive. */
interface Hidden {
  readonly lockManager?: { close?(): Promise<void> };
}

/** A BullMQ worker, on its own connection, that fetches batches for the intake and renews their locks. */
export class Fetcher {
  // BullMQ closes only connections that it has made.
  readonly #own: RedisClient;
  readonly #early: EarlyBegins;
  readonly #worker: BullWorker;

  constructor(
    bull: typeof import('bullmq'),
    { client, keys, seal, threads, lockMs, intake, warn }: FetcherParts,
  ) {
    this.#own = client.another();
    this.#early = new EarlyBegins(this.#own, keys, seal, threads, (begun, data) =>
      intake.processBegun(begun, data),
    );
    const run = (job: BullJob, token = ''): Promise<number> => {
      const id = String(job.id);
      return this.#early.take(token, id) ?? intake.process(id, job.data);
    };
    this.#worker = new bull.Worker(bullQueue, run, {
      connection: this.#own.redis,
      prefix: keys.prefix,
      concurrency: threads + 1,
      lockDuration: lockMs,
      stalledInterval: Math.max(1, Math.floor(lockMs / 3)),
      // Only `begin` decides whether a batch runs once more.
      maxStalledCount: 1000,
      drainDelay: 5,
      runRetryDelay: 1000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    this.#early.attach(this.#worker);
    this.#worker.on('error', (error) => warn(cleanError(error, client.where.secrets).message));
  }

  async ready(): Promise<void> {
    await this.#worker.waitUntilReady();
  }

  /**
   * Fetches no more. Resolves when the batches have ended, or when `enough` aborts. If Redis goes away at this moment, BullMQ never ends:
   * it waits for the `end` of a connection that waits to connect anew, and ioredis emits none for such a connection.
   */
  async close(enough: AbortSignal): Promise<void> {
    await Promise.race([this.#worker.close().catch(() => {}), once(enough, 'abort')]);
    await (this.#worker as unknown as Hidden).lockManager?.close?.();
  }

  disconnect(): void {
    this.#early.close();
    this.#own.close();
  }
}
