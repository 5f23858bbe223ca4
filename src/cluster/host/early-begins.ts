import type { Worker } from 'bullmq';
import { randomUUID } from 'node:crypto';
import type { RedisClient } from '../redis/client.ts';
import { lifetimes } from '../wire/keys.ts';
import type { Keys } from '../wire/keys.ts';
import type { Seal } from '../wire/seal.ts';
import { beginFetchedScript, retractScript } from '../wire/scripts.ts';
import { answerOf } from './answer-of.ts';
import { readBegin } from './host-link.ts';
import type { BeginAnswer, RawBegin } from './host-link.ts';

/** A batch that was begun as BullMQ fetched it. */
export interface EarlyBegin {
  readonly batch: string;
  readonly fence: string;
  readonly answer: BeginAnswer;
}

interface Pending {
  /** True if the connection broke or the script failed: the client may have sent the script twice, and begun two batches. */
  broken: boolean;
}

/** The methods of a BullMQ backend that fetch jobs. */
interface Fetching {
  moveToActive(token: string, name?: string): Promise<unknown>;
  moveToFinished(id: string, args: unknown): Promise<unknown>;
}

/** Runs a batch that has been begun. @param data the data of its BullMQ job, as text. */
type Run = (begun: EarlyBegin, data: string) => Promise<number>;

/**
 * Begins and runs small batches as BullMQ fetches them. A lone call would otherwise wait for two more round trips: for `begin`, and for
 * BullMQ, which looks for another job before it starts the first. The script `beginFetched` follows BullMQ's own on the same
 * connection, and finds the job by its lock's token. If it begins nothing or fails, the host calls `begin` later as usual.
 */
export class EarlyBegins {
  readonly #client: RedisClient;
  readonly #keys: Keys;
  readonly #key: string;
  readonly #mostTasks: number;
  readonly #run: Run;
  /** Runs of batches that BullMQ has not passed to `take` yet, by batch. */
  readonly #runs = new Map<string, Promise<number>>();
  /** Token of each batch that the host has. When BullMQ finishes one, it fetches the next under the same token. */
  readonly #tokens = new Map<string, string>();
  readonly #pending = new Set<Pending>();
  #closed = false;

  /** @param client shares BullMQ's connection. @param mostTasks most tasks of a batch to begin here. */
  constructor(client: RedisClient, keys: Keys, seal: Seal, mostTasks: number, run: Run) {
    this.#client = client;
    this.#keys = keys;
    this.#key = seal.key;
    this.#mostTasks = mostTasks;
    this.#run = run;
    client.redis.on('close', () => {
      for (const each of this.#pending) each.broken = true;
    });
  }

  /** Adds the script to the worker's fetches. Does nothing if this version of BullMQ fetches in another way. */
  attach(worker: Worker): void {
    const { getBackend } = worker as { getBackend?: () => unknown };
    const backend = (getBackend?.call(worker) ?? {}) as Partial<Fetching>;
    const { moveToActive, moveToFinished } = backend;
    if (moveToActive === undefined || moveToFinished === undefined) return;
    backend.moveToActive = (token, name) => this.#along(token, moveToActive.call(backend, token, name));
    backend.moveToFinished = (id, args) => {
      const token = this.#tokens.get(id);
      this.#tokens.delete(id);
      const finished = moveToFinished.call(backend, id, args);
      return token === undefined ? finished : this.#along(token, finished);
    };
  }

  /** BullMQ passes on a batch that it has fetched, with its token. @returns the run of the batch, if it was begun here. */
  take(token: string, batch: string): Promise<number> | undefined {
    this.#tokens.set(batch, token);
    const run = this.#runs.get(batch);
    this.#runs.delete(batch);
    return run;
  }

  close(): void {
    this.#closed = true;
  }

  async #along(token: string, fetching: Promise<unknown>): Promise<unknown> {
    const fence = randomUUID();
    const pending: Pending = { broken: false };
    this.#pending.add(pending);
    const beginning = this.#begin(token, fence).catch(() => void (pending.broken = true));
    let fetched: unknown;
    try {
      return (fetched = await fetching);
    } finally {
      const begun = await beginning;
      this.#pending.delete(pending);
      const [job, id] = (fetched ?? []) as [{ data?: unknown }?, unknown?];
      const isGiven = begun !== undefined && begun.batch === id && typeof job?.data === 'string';
      // Retract before the run: any other batch that holds this fence counts as begun, but no host runs it.
      if (pending.broken || (begun !== undefined && !isGiven))
        await this.#retract(fence, isGiven ? begun.batch : '');
      if (isGiven) this.#start(begun, job?.data as string);
    }
  }

  #start(begun: EarlyBegin, data: string): void {
    const run = this.#run(begun, data);
    // `take` hands the rejection to BullMQ.
    run.catch(() => {});
    this.#runs.set(begun.batch, run);
  }

  async #begin(token: string, fence: string): Promise<EarlyBegin | undefined> {
    // The script must follow BullMQ's command, which is sent some microtasks after the call.
    await new Promise<void>((resolve) => queueMicrotask(() => process.nextTick(resolve)));
    const [id, answer] = await this.#client.run<[Buffer?, RawBegin?]>(
      beginFetchedScript,
      this.#keys.active,
      token,
      fence,
      this.#key,
      this.#mostTasks,
      lifetimes.openBatch,
      this.#keys.job(''),
      this.#keys.batch(''),
      this.#keys.producer(''),
    );
    return id === undefined || answer === undefined
      ? undefined
      : { batch: String(id), fence, answer: readBegin(answer) };
  }

  async #retract(fence: string, heard: string): Promise<void> {
    if (this.#closed) return;
    await answerOf(
      () => this.#client.run(retractScript, this.#keys.active, fence, heard, this.#keys.batch('')),
      () => this.#closed,
    );
  }
}
