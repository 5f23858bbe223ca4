import type { Queue } from 'bullmq';
import { encodeReason } from '../../pool/wire/error-codec.ts';
import { optionalPeer } from '../../base/optional-peer.ts';
import { RedisClient } from '../redis/client.ts';
import { getValue, isLarge, putValue } from '../redis/large-values.ts';
import { placeOf } from '../redis/place.ts';
import { cleanError } from '../redis/redis-error.ts';
import { readHosts, signProducer } from '../redis/registry.ts';
import { toBytes, wireVersion } from '../wire/bytes.ts';
import type { BatchData } from '../wire/batch-data.ts';
import { bullQueue, lifetimes } from '../wire/keys.ts';
import { decodeReply } from '../wire/reply-wire.ts';
import { cancelScript, openScript, stopScript } from '../wire/scripts.ts';
import { stopMessage } from '../wire/stop-message.ts';
import { HostWatch } from './host-watch.ts';
import type { RedisTransportOptions } from './redis-transport-options.ts';
import { ReplyReader } from './reply-reader.ts';
import type {
  BatchFacts,
  CancelAnswer,
  HostInfo,
  LifeSign,
  OutgoingBatch,
  Transport,
  TransportEvents,
} from './transport.ts';

const cancelAnswers: readonly CancelAnswer[] = ['unbegun', 'begun', 'done', 'unknown'];

/** Carries batches by BullMQ, and everything else by Millrace's own keys. */
export class RedisTransport implements Transport {
  readonly place: string;
  readonly queue: string;
  readonly release: string | undefined;
  readonly #options: RedisTransportOptions;
  #client: RedisClient | undefined = undefined;
  #bull: Queue | undefined = undefined;
  #reader: ReplyReader | undefined = undefined;
  #epoch: string;
  #closed = false;

  constructor(options: RedisTransportOptions) {
    this.#options = options;
    this.place = placeOf(options.connection);
    this.queue = options.queue;
    this.release = options.release;
    this.#epoch = options.id;
  }

  async open(events: TransportEvents): Promise<void> {
    const { connection, queue, keys, id, connectTimeoutMs } = this.#options;
    const { Queue: BullQueue } = await optionalPeer('bullmq', 'millrace/cluster', () => import('bullmq'));
    const client = await RedisClient.create(connection, queue, `millrace:${id}`);
    const reading = await RedisClient.create(connection, queue, `millrace:${id}:replies`, { blocking: true });
    this.#client = client;
    this.#reader = new ReplyReader(reading, keys.replies(id), (batch, body, signature) =>
      this.#received(events, batch, body, signature),
    );
    try {
      if (this.#closed) throw new Error('closed');
      await Promise.all([client.connect(connectTimeoutMs), reading.connect(connectTimeoutMs)]);
      await client.check(keys, this.#epoch);
      this.#epoch = String(await client.call('GET', keys.epoch));
    } catch (error) {
      this.close();
      throw error;
    }
    client.redis.on('ready', () => events.connected(true, undefined));
    client.redis.on('close', () => events.connected(false, client.lastError));
    this.#bull = new BullQueue(bullQueue, {
      connection: client.redis,
      prefix: keys.prefix,
      // Millrace does not read BullMQ's events, which hold no results.
      streams: { events: { maxLen: 10 } },
    });
    this.#bull.on('error', () => {});
    this.#reader.start();
  }

  async add({ id, payload, summary }: OutgoingBatch): Promise<void> {
    const { keys, id: producer, seal } = this.#options;
    const client = this.#ready();
    const signature = seal.sign('batch', [id, producer], payload).toString('base64');
    const common = { p: producer, v: 1 as const, s: signature, sum: summary };
    const data: BatchData = isLarge(payload)
      ? { ...common, ref: await putValue(client, keys, id, payload) }
      : { ...common, b: payload.toString('base64') };
    const opening = client.run(
      openScript,
      keys.batch(id),
      lifetimes.openBatch,
      producer,
      data.b === undefined ? 0 : summary.tasks,
      seal.key,
    );
    const adding = this.#bull?.add(summary.functions[0] ?? 'batch', data, {
      jobId: id,
      removeOnComplete: true,
      removeOnFail: true,
      attempts: 1,
    });
    try {
      await Promise.all([opening, adding]);
    } catch (error) {
      throw cleanError(error, client.where.secrets);
    }
  }

  async cancel(
    batch: string,
    mode: 'cancel' | 'recall',
    positions: readonly number[],
  ): Promise<CancelAnswer[]> {
    const key = this.#options.keys.batch(batch);
    const answers = await this.#ready().run<number[]>(cancelScript, key, mode, ...positions);
    return answers.map((answer) => cancelAnswers[answer] ?? 'unknown');
  }

  stop(batch: string, position: number, reason: unknown, end: boolean): void {
    const { keys, seal } = this.#options;
    const body = toBytes(encodeReason(reason));
    const text = stopMessage(batch, position, end, body, seal);
    // If Redis can't be reached, the client sends it once it can.
    void this.#ready()
      .run(stopScript, keys.batch(batch), position, text, keys.control)
      .catch(() => {});
  }

  /** Receives the hosts' frames until the watch is closed. */
  watchHosts(told: (host: string, body: string) => void): HostWatch {
    const publish = (text: string): void => {
      if (this.#closed || this.#client?.isReady !== true) return;
      void this.#client.call('PUBLISH', this.#options.keys.control, text).catch(() => {});
    };
    return new HostWatch(this.#options, publish, told);
  }

  hosts(): Promise<HostInfo[]> {
    const { keys, seal } = this.#options;
    return readHosts(this.#ready(), keys, seal, wireVersion());
  }

  facts(batches: readonly string[]): Promise<BatchFacts[]> {
    const { keys } = this.#options;
    const client = this.#ready();
    return Promise.all(
      batches.map(async (id) => {
        // In this order: a batch leaves BullMQ after it is marked done.
        const [queued, [n, done]] = await Promise.all([
          client.call<number>('EXISTS', keys.job(id)),
          client.call<[Buffer | null, Buffer | null]>('HMGET', keys.batch(id), 'n', 'done'),
        ]);
        return { queued: queued === 1, known: n !== null, done: done !== null };
      }),
    );
  }

  async intact(): Promise<boolean> {
    const { keys } = this.#options;
    const client = this.#ready();
    const found = await client.call<Buffer | null>('GET', keys.epoch);
    if (found !== null && String(found) === this.#epoch) return true;
    await client.call('SET', keys.epoch, `${this.#options.id}:${Date.now()}`, 'NX');
    this.#epoch = String(await client.call('GET', keys.epoch));
    this.#reader?.rewind();
    return false;
  }

  async allRead(): Promise<boolean> {
    return (await this.#reader?.hasRead(this.#ready())) === true;
  }

  async sign({ name, pending, backlogMs }: LifeSign, open: readonly string[]): Promise<void> {
    const { keys, id } = this.#options;
    const client = this.#ready();
    const card = { id, name, pending, backlogMs: backlogMs ?? null };
    await Promise.all([
      signProducer(client, keys, card),
      client.call('PEXPIRE', keys.replies(id), lifetimes.replies),
      ...open.flatMap((batch) => [
        client.call('PEXPIRE', keys.value(batch), lifetimes.value),
        client.call('PEXPIRE', keys.batch(batch), lifetimes.openBatch),
      ]),
    ]);
  }

  async goodbye(): Promise<void> {
    const { keys, id } = this.#options;
    const client = this.#client;
    if (client?.isReady !== true) return;
    // Sent at once: the connection may be closed before Redis answers.
    await Promise.all([
      client.call('DEL', keys.producer(id), keys.replies(id)),
      client.call('ZREM', keys.producers, id),
      client.call('PUBLISH', keys.control, JSON.stringify({ gone: id })),
    ]);
  }

  close(): void {
    this.#closed = true;
    void this.#bull?.close().catch(() => {});
    this.#reader?.close();
    this.#client?.close();
  }

  #ready(): RedisClient {
    const client = this.#client;
    if (client === undefined || this.#closed) throw new Error('the connection is closed');
    return client;
  }

  async #received(events: TransportEvents, batch: string, body: Buffer, signature: Buffer): Promise<void> {
    const { keys, id, seal } = this.#options;
    let bytes = body.subarray(1);
    // The first byte tells: the body is the reply itself, or a reference to it.
    if (body[0] === 1) {
      const { ref } = JSON.parse(bytes.toString()) as { ref: { id: string; bytes: number } };
      const value = await getValue(this.#ready(), keys, ref);
      if (value === undefined) return;
      bytes = value;
      void this.#ready()
        .call('DEL', keys.value(ref.id))
        .catch(() => {});
    }
    if (!seal.holds('reply', [batch, id], bytes, signature)) return;
    let reply;
    try {
      reply = decodeReply(bytes);
    } catch (error) {
      return events.unreadable(batch, error);
    }
    events.replied(batch, reply);
  }
}
