import type { RedisClient } from '../redis/client.ts';
import { isLarge, putValue } from '../redis/large-values.ts';
import { lifetimes } from '../wire/keys.ts';
import type { Keys } from '../wire/keys.ts';
import { encodeReply } from '../wire/reply-wire.ts';
import type { Seal } from '../wire/seal.ts';
import { beginScript, replyScript } from '../wire/scripts.ts';
import { readBegin, readPositions } from './host-link.ts';
import type { BatchLink, BeginAnswer, RawBegin } from './host-link.ts';

/** One batch of a producer, as a host sees it in Redis. */
export class RedisBatchLink implements BatchLink {
  readonly #client: RedisClient;
  readonly #keys: Keys;
  readonly #seal: Seal;
  readonly #batch: string;
  readonly #producer: string;
  #early: BeginAnswer | undefined;
  #replies = 0;

  /** @param early what `begin` is answered with, if that is known already. */
  constructor(
    client: RedisClient,
    keys: Keys,
    seal: Seal,
    batch: string,
    producer: string,
    early: BeginAnswer | undefined,
  ) {
    this.#early = early;
    this.#client = client;
    this.#keys = keys;
    this.#seal = seal;
    this.#batch = batch;
    this.#producer = producer;
  }

  async begin(fence: string, window: number, total: number): Promise<BeginAnswer> {
    const keys = [this.#keys.batch(this.#batch), this.#keys.producer(this.#producer)];
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) return early;
    const answer = await this.#client.run<RawBegin>(
      beginScript,
      ...keys,
      fence,
      window,
      total,
      lifetimes.openBatch,
    );
    return readBegin(answer);
  }

  async reply({
    fence,
    answered,
    upTo,
    last,
    reply,
  }: Parameters<BatchLink['reply']>[0]): Promise<readonly number[] | undefined> {
    const bytes = encodeReply(reply);
    const signature = this.#seal.sign('reply', [this.#batch, this.#producer], bytes);
    let body: Buffer;
    if (isLarge(bytes)) {
      const ref = await putValue(
        this.#client,
        this.#keys,
        `${this.#batch}-${fence}-${this.#replies++}`,
        bytes,
      );
      body = Buffer.concat([Buffer.of(1), Buffer.from(JSON.stringify({ ref }))]);
    } else body = Buffer.concat([Buffer.of(0), bytes]);
    const [taken, cancelled] = await this.#client.run<[number, Buffer?]>(
      replyScript,
      this.#keys.batch(this.#batch),
      this.#keys.replies(this.#producer),
      fence,
      Buffer.from(answered),
      upTo,
      last ? 1 : 0,
      lifetimes.openBatch,
      lifetimes.doneBatch,
      lifetimes.replies,
      this.#batch,
      body,
      signature,
    );
    return taken === 1 ? readPositions(String(cancelled ?? '')) : undefined;
  }

  async stops(positions: readonly number[]): Promise<readonly string[]> {
    const fields = positions.map((position) => `s${position}`);
    const texts = await this.#client.call<(Buffer | null)[]>(
      'HMGET',
      this.#keys.batch(this.#batch),
      ...fields,
    );
    return texts.filter((text) => text !== null).map(String);
  }
}
