import { decodeReason } from '../../pool/wire/error-codec.ts';
import type { EncodedReason } from '../../pool/wire/error-codec.ts';
import type { RedisClient } from '../redis/client.ts';
import { fromBytes } from '../wire/bytes.ts';
import type { Keys } from '../wire/keys.ts';
import type { Seal } from '../wire/seal.ts';
import { readControl } from '../wire/stop-message.ts';
import type { BatchRun } from './batch-run.ts';

/** The batches of a host, and the messages that stop them. */
export class RunningBatches {
  readonly #seal: Seal;
  readonly #runs = new Map<BatchRun, { readonly batch: string; readonly producer: string }>();
  #leaving = false;

  constructor(seal: Seal) {
    this.#seal = seal;
  }

  get size(): number {
    return this.#runs.size;
  }

  add(run: BatchRun, batch: string, producer: string): void {
    this.#runs.set(run, { batch, producer });
    if (this.#leaving) run.giveBack();
  }

  delete(run: BatchRun): void {
    this.#runs.delete(run);
  }

  /** Handles a message of the control channel. */
  told(text: string): void {
    const message = readControl(text, this.#seal);
    if (message === undefined) return;
    if ('gone' in message) return this.#drop(message.gone);
    for (const [run, { batch }] of this.#runs) {
      if (batch !== message.batch) continue;
      const reason = decodeReason(fromBytes(message.body) as EncodedReason);
      run.stop(message.position, reason, message.end);
    }
  }

  /** Messages of the control channel may have been lost. */
  missed(): void {
    for (const run of this.#runs.keys()) void run.readStops();
  }

  /** Drops batches whose producer is gone. */
  async dropOrphans(client: RedisClient, keys: Keys): Promise<void> {
    const producers = new Set([...this.#runs.values()].map(({ producer }) => producer));
    for (const producer of producers) {
      const lives = await client.call<number>('EXISTS', keys.producer(producer));
      if (lives === 0) this.#drop(producer);
    }
  }

  /** The host leaves: returns tasks that have not begun, also of batches that still arrive. */
  giveBack(): void {
    this.#leaving = true;
    for (const run of this.#runs.keys()) run.giveBack();
  }

  /** Gives up running tasks. */
  abandon(): void {
    for (const run of this.#runs.keys()) run.abandon();
  }

  /** Not even for being told. */
  drop(): void {
    for (const run of this.#runs.keys()) run.drop();
  }

  #drop(gone: string): void {
    for (const [run, { producer }] of this.#runs) if (producer === gone) run.drop();
  }
}
