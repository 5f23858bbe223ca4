import { randomUUID } from 'node:crypto';
import { insideOf } from '../../executor/inside.ts';
import type { Executor, Task } from '../../index.ts';
import { RunTimes } from '../../scheduler/figures/run-times.ts';
import { Future } from '../../scheduler/job/future.ts';
import type { Job } from '../../scheduler/job/job.ts';
import type { RedisClient } from '../redis/client.ts';
import { getValue } from '../redis/large-values.ts';
import { readBatchData } from '../wire/batch-data.ts';
import type { BatchData } from '../wire/batch-data.ts';
import { decodeCalls } from '../wire/batch-wire.ts';
import type { RemoteCall, RemoteOptions } from '../wire/batch-wire.ts';
import type { Keys } from '../wire/keys.ts';
import type { Seal } from '../wire/seal.ts';
import { BatchRun } from './batch-run.ts';
import type { EarlyBegin } from './early-begins.ts';
import { RedisBatchLink } from './redis-batch-link.ts';
import type { RunningBatches } from './running-batches.ts';
import type { TaskModules } from './task-modules.ts';

/** Counts of a host since its start. */
export interface HostCounts {
  readonly batches: number;
  /** Batches that were not run, because they were malformed or their seal was invalid. */
  readonly refused: number;
  /** Batches whose producer is gone, or that were already done. */
  readonly dropped: number;
  /** Batches that another host has taken over. */
  readonly superseded: number;
}

interface IntakeParts {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly seal: Seal;
  readonly modules: TaskModules;
  readonly executor: Executor;
  readonly threads: number;
  readonly runs: RunningBatches;
  /** The host's name in messages. */
  readonly host: string;
  warn(message: string): void;
}

/** Checks each batch that BullMQ delivers, and runs it if its seal is valid. */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #runTimes = new RunTimes();
  /** Ends of the batches that run here, by batch. */
  readonly #ends = new Map<string, Promise<unknown>>();
  readonly counts: { -readonly [Name in keyof HostCounts]: number } = {
    batches: 0,
    refused: 0,
    dropped: 0,
    superseded: 0,
  };

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Resolves when the batch is over, or was refused; never rejects. @returns what BullMQ keeps of it, which is nothing. */
  process(id: string, given: unknown): Promise<number> {
    return this.#process(id, given, undefined);
  }

  /** As `process`, for a batch that has been begun. */
  processBegun(begun: EarlyBegin, given: string): Promise<number> {
    let data: unknown;
    try {
      data = JSON.parse(given);
    } catch {
      // It is no batch.
    }
    return this.#process(begun.batch, data, begun);
  }

  async #process(id: string, given: unknown, begun: EarlyBegin | undefined): Promise<number> {
    const { keys, seal, client, runs, threads, modules, executor, host } = this.#parts;
    const data = readBatchData(given);
    if (data === undefined) return this.#refuse('is not a batch of this version');
    const bytes = await this.#payload(id, data);
    if (bytes === undefined) return this.#refuse('has lost its arguments');
    if (!seal.holds('batch', [id, data.p], bytes, Buffer.from(data.s, 'base64')))
      return this.#refuse('is not sealed with the secret of this host');
    // BullMQ gives a batch out again if its lock was not renewed in time, for want of Redis, say: to this very host, too, where it still
    // runs. To begin it anew would put in doubt what is known here.
    while (this.#ends.has(id)) await this.#ends.get(id);
    const { calls, digests } = decodeCalls(bytes);
    const run = new BatchRun(
      {
        link: new RedisBatchLink(client, keys, seal, id, data.p, begun?.answer),
        host,
        runTimes: this.#runTimes,
        threads: () => Math.max(1, Math.ceil(threads / Math.max(1, runs.size))),
        taskOf: (call) => modules.taskOf(call, digests[call.module]),
        submit: (task, options, carrier) => this.#submit(task, options, carrier),
        told: (text) => runs.told(text),
        atWork: () => insideOf(executor)?.atWork() ?? [],
        cancelUnclaimed: (reason, jobs) => insideOf(executor)?.cancelUnclaimed(reason, jobs),
      },
      begun?.fence ?? randomUUID(),
      calls,
    );
    runs.add(run, id, data.p);
    const end = run.run();
    this.#ends.set(id, end);
    const status = await end;
    this.#ends.delete(id);
    runs.delete(run);
    this.counts.batches++;
    if (status === 'superseded') this.counts.superseded++;
    else if (status !== 'begun') this.counts.dropped++;
    // Not undefined, which would be looked up again.
    return 0;
  }

  async #payload(id: string, { b, ref }: BatchData): Promise<Buffer | undefined> {
    if (b !== undefined) return Buffer.from(b, 'base64');
    if (ref === undefined || ref.id !== id) return undefined;
    return getValue(this.#parts.client, this.#parts.keys, ref);
  }

  #submit(task: Task<unknown>, options: RemoteOptions, carrier: RemoteCall['carrier']): Job {
    const future = this.#parts.executor.trySubmit(task, options);
    if (future === null) throw new Error('internal: the host has more tasks than it may');
    const job = Future.jobOf(future);
    if (carrier !== undefined) job.carrier = carrier;
    return job;
  }

  #refuse(why: string): number {
    this.counts.refused++;
    this.#parts.warn(`refused a batch, which ${why}`);
    return 0;
  }
}
