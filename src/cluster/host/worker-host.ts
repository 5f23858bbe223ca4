import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { millisecondsFrom } from '../../base/options.ts';
import { optionalPeer } from '../../base/optional-peer.ts';
import { Executor, ExecutorClosedError } from '../../index.ts';
import { RedisClient } from '../redis/client.ts';
import { proofOf, signHost } from '../redis/registry.ts';
import { placeOf } from '../redis/place.ts';
import { redisError } from '../redis/redis-error.ts';
import type { ErrorPlace } from '../redis/redis-error.ts';
import { secretFrom } from '../queue-options.ts';
import { readStatus } from '../status.ts';
import type { ClusterStatus } from '../status.ts';
import { wireVersion } from '../wire/bytes.ts';
import { keysOf } from '../wire/keys.ts';
import type { Keys } from '../wire/keys.ts';
import { Seal } from '../wire/seal.ts';
import { frameMessage, isWatchMessage } from '../wire/watch-message.ts';
import { Fetcher } from './fetcher.ts';
import { Grace } from './grace.ts';
import { HostFrames } from './host-frames.ts';
import { resolveHostOptions } from './host-options.ts';
import type { ResolvedHostOptions, WorkerHostOptions } from './host-options.ts';
import { Intake } from './intake.ts';
import type { HostCounts } from './intake.ts';
import { listen } from './listen.ts';
import { RunningBatches } from './running-batches.ts';
import { shutDown } from './shut-down.ts';
import { TaskModules } from './task-modules.ts';
import { warnOnce } from './warn-once.ts';

const beatMs = 2000;
const grace = millisecondsFrom(0, true);

/**
 * A host of a cluster: takes batches from the queue, runs them in its own executor, and answers as results arrive. It runs only
 * functions of the modules in its option `tasks`, and inline functions if `allowInline` is set.
 */
export class WorkerHost {
  readonly executor: Executor;
  readonly id: string = randomUUID();
  readonly #options: ResolvedHostOptions;
  readonly #keys: Keys;
  readonly #seal: Seal;
  readonly #modules: TaskModules;
  readonly #runs: RunningBatches;
  readonly #threads: number;
  #intake: Intake | undefined = undefined;
  #client: RedisClient | undefined = undefined;
  #control: RedisClient | undefined = undefined;
  #fetcher: Fetcher | undefined = undefined;
  #beat: NodeJS.Timeout | undefined = undefined;
  #leaving = false;
  #started: Promise<void> | undefined = undefined;
  #closed: Promise<void> | undefined = undefined;
  readonly #grace = new Grace();
  /** Ends only if `close()` is called again. */
  readonly #teardown = new Grace();
  readonly #where: ErrorPlace;
  readonly #warn: (message: string) => void;
  readonly #frames: HostFrames;

  /** @throws {InvalidOptionError} for an unknown option or a bad value, or a task module that does not exist. */
  constructor(options: WorkerHostOptions) {
    this.#options = resolveHostOptions(options);
    const { connection, queue, release, tasks, allowInline, strict, executor } = this.#options;
    this.#where = { place: placeOf(connection), queue, secrets: [] };
    this.#warn = warnOnce(this.#where, this.#options.onWarning);
    this.#keys = keysOf(queue, release);
    this.#seal = new Seal(secretFrom(this.#options));
    this.#runs = new RunningBatches(this.#seal);
    this.#modules = new TaskModules(tasks, allowInline, strict, this.name);
    this.executor = new Executor({
      name: `host ${queue}`,
      ...executor,
      // No bound of its own: the producers bound what they send to the host.
      maxPending: 2 ** 20,
      maxPendingBytes: Number.MAX_SAFE_INTEGER,
    });
    this.#threads = this.executor.stats().workers;
    this.#frames = new HostFrames(this.executor, this.name, async (body) => {
      if (this.#client?.isReady !== true) return;
      await this.#client.call('PUBLISH', this.#keys.frames, frameMessage(this.id, body, this.#seal));
    });
  }

  /** The host's name in messages: its machine and its process. */
  get name(): string {
    return `${hostname()}:${process.pid}`;
  }

  get counts(): HostCounts {
    return { batches: 0, refused: 0, dropped: 0, superseded: 0, ...this.#intake?.counts };
  }

  /** Does the host take batches? */
  get isReady(): boolean {
    return !this.#leaving && this.#fetcher !== undefined && this.#client?.isReady === true;
  }

  /** A text that tells the queue, and the modules that the host runs. */
  get description(): string {
    const { place, queue } = this.#where;
    const modules = Object.keys(this.#modules.digests).join(', ');
    return `queue '${queue}' (${place}), ${this.#threads} thread${this.#threads === 1 ? '' : 's'}, ${modules}`;
  }

  /** Why the host takes no batches now; undefined if it does. Queries Redis. */
  async problem(): Promise<string | undefined> {
    if (this.#leaving) return 'leaving';
    if (!this.isReady) return 'starting, or Redis is not reached';
    try {
      await this.#client?.call('PING');
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** The hosts and programs of the queue, and its backlog. Rejects with `ClusterError` if Redis does not answer. */
  cluster(): Promise<ClusterStatus> {
    if (this.#client !== undefined)
      return readStatus(this.#client, this.#keys, this.#options.release, this.#seal);
    const unread = new Error('the host has not been started');
    return Promise.reject(redisError('the status can’t be read', unread, this.#where));
  }

  /**
   * Begins to take batches; resolves when Redis is reached and the threads are up. Rejects with `ClusterError` if Redis can't be
   * reached in time, or is unsuitable; with `ExecutorClosedError` if the host is closed meanwhile. A further call returns the same promise.
   */
  start(): Promise<void> {
    return (this.#started ??= this.#start());
  }

  async #start(): Promise<void> {
    const { connection, queue, connectTimeoutMs, lockMs } = this.#options;
    // The sockets are unreferenced; this timer keeps the process alive until the host is closed.
    this.#beat = setInterval(() => void this.#sign().catch(() => {}), beatMs);
    const bull = await optionalPeer('bullmq', 'millrace worker', () => import('bullmq'));
    try {
      await this.executor.ready();
      const client = await RedisClient.create(connection, queue, `millrace:host:${this.id}`);
      this.#client = client;
      const control = await RedisClient.create(connection, queue, `millrace:host:${this.id}:control`, {
        blocking: true,
      });
      this.#control = control;
      await Promise.all([client.connect(connectTimeoutMs), control.connect(connectTimeoutMs)]);
      await client.check(this.#keys, this.id);
      await listen(control, this.#keys.control, {
        told: (text) => (isWatchMessage(text, this.#seal) ? this.#frames.asked() : this.#runs.told(text)),
        missed: () => this.#runs.missed(),
      });
      await this.#sign();
      if (this.#leaving) throw this.#closedError();
      const parts = {
        client,
        keys: this.#keys,
        seal: this.#seal,
        threads: this.#threads,
        warn: this.#warn,
      };
      const running = { modules: this.#modules, executor: this.executor, runs: this.#runs };
      const intake = new Intake({ ...parts, ...running, host: this.name });
      this.#intake = intake;
      this.#fetcher = new Fetcher(bull, { ...parts, lockMs, intake });
      await this.#fetcher.ready();
      if (this.#leaving) throw this.#closedError();
    } catch (error) {
      const wasLeaving = this.#leaving;
      await (this.#closed ?? this.close({ graceMs: 0 }));
      // What was opened after `close()` had closed the rest.
      this.#cut();
      throw wasLeaving ? this.#closedError() : error;
    }
  }

  #closedError(): ExecutorClosedError {
    const { queue } = this.#where;
    return new ExecutorClosedError(`the host of queue '${queue}' was closed before it had started`);
  }

  /**
   * Takes no more batches, gives back tasks that have not begun, and waits up to `graceMs` milliseconds (default 25,000) for running
   * tasks. Then cancels the running ones, and tells their programs that these are in doubt. Modules may tear down for as long as the
   * executor's `teardownTimeoutMs` allows.
   *
   * A further call hurries: the shortest grace holds, and that of further calls limits the teardown as well.
   * Rejects with `InvalidOptionError` if `graceMs` is neither a number of milliseconds nor `Infinity`.
   */
  async close({ graceMs = 25_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    grace('graceMs', graceMs);
    this.#grace.shorten(graceMs);
    if (this.#closed !== undefined) this.#teardown.shorten(graceMs);
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#leaving = true;
    if (this.#client?.isReady === true) await this.#sign().catch(() => {});
    // Waits for the batches of this worker, which end when all their answers are sent.
    const enough = new AbortController();
    const fetching = this.#fetcher?.close(enough.signal);
    this.#runs.giveBack();
    const abandoned = this.#grace.after(0, () => this.#runs.abandon());
    const dropped = this.#grace.after(5000, () => {
      this.#runs.drop();
      enough.abort();
    });
    await fetching;
    abandoned();
    dropped();
    clearInterval(this.#beat);
    this.#frames.close();
    await shutDown(this.executor, this.#grace, this.#teardown);
    if (this.#client?.isReady === true) {
      await this.#client.call('DEL', this.#keys.host(this.id)).catch(() => {});
      await this.#client.call('ZREM', this.#keys.hosts, this.id).catch(() => {});
    }
    this.#cut();
  }

  #cut(): void {
    this.#fetcher?.disconnect();
    this.#client?.close();
    this.#control?.close();
  }

  async #sign(): Promise<void> {
    const client = this.#client;
    if (client?.isReady !== true) return;
    await signHost(client, this.#keys, {
      id: this.id,
      machine: hostname(),
      pid: process.pid,
      threads: this.#threads,
      release: this.#options.release,
      node: process.versions.node,
      wire: wireVersion(),
      modules: this.#modules.digests,
      leaving: this.#leaving,
      proof: proofOf(this.#seal, this.id),
    });
    await this.#runs.dropOrphans(client, this.#keys);
  }
}
