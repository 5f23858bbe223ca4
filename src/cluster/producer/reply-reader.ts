import type { RedisClient } from '../redis/client.ts';

type Entry = [id: Buffer, fields: Buffer[]];

/** Longest wait in one read, and the time after which a silent connection counts as dead, in milliseconds. */
const blockMs = 5000;
const deadMs = 30_000;
const entriesPerRead = 64;
/** Number of entries after which the read part of the stream is trimmed. */
const trimEvery = 256;

/** Reads a producer's replies, in order and each once; continues at the same place after a lost connection. */
export class ReplyReader {
  readonly #client: RedisClient;
  readonly #key: string;
  readonly #received: (batch: string, body: Buffer, signature: Buffer) => Promise<void>;
  #cursor = '0-0';
  /** Number of restarts. */
  #round = 0;
  #untrimmed = 0;
  #closed = false;

  constructor(
    client: RedisClient,
    key: string,
    received: (batch: string, body: Buffer, signature: Buffer) => Promise<void>,
  ) {
    this.#client = client;
    this.#key = key;
    this.#received = received;
  }

  start(): void {
    void this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#client.close();
  }

  /** Redis came back without its data, and numbers entries anew. */
  rewind(): void {
    this.#round++;
    this.#cursor = '0-0';
  }

  /** Have all replies been read that existed at the call? A missing stream has no unread replies. */
  async hasRead(client: RedisClient): Promise<boolean> {
    const last = await client.call<[Entry?]>('XREVRANGE', this.#key, '+', '-', 'COUNT', 1);
    const [newest] = last;
    if (newest === undefined) return true;
    const id = String(newest[0]);
    // The stream was deleted by other code, and began anew while Redis' clock was behind.
    if (isBefore(id, this.#cursor)) {
      this.rewind();
      return false;
    }
    return id === this.#cursor;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const watch = setTimeout(() => this.#client.redis.disconnect(true), deadMs).unref();
      try {
        const round = this.#round;
        const found = await this.#client.call<[[Buffer, Entry[]]] | null>(
          'XREAD',
          'COUNT',
          entriesPerRead,
          'BLOCK',
          blockMs,
          'STREAMS',
          this.#key,
          this.#cursor,
        );
        clearTimeout(watch);
        for (const [id, fields] of found?.[0][1] ?? []) {
          await this.#take(fields);
          if (round === this.#round) this.#cursor = String(id);
        }
        if (found !== null) await this.#trim(found[0][1].length);
      } catch {
        clearTimeout(watch);
        // The client is reconnecting.
        if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, 50).unref());
      }
    }
  }

  async #take(fields: Buffer[]): Promise<void> {
    const of = (name: string): Buffer | undefined => {
      for (let at = 0; at < fields.length; at += 2) if (String(fields[at]) === name) return fields[at + 1];
      return undefined;
    };
    const batch = of('b');
    const body = of('m');
    const signature = of('s');
    if (batch === undefined || body === undefined || signature === undefined) return;
    await this.#received(String(batch), body, signature);
  }

  /** Trims the read entries, on this connection between two reads: they are never needed again. */
  async #trim(read: number): Promise<void> {
    this.#untrimmed += read;
    if (this.#untrimmed < trimEvery) return;
    this.#untrimmed = 0;
    await this.#client.call('XTRIM', this.#key, 'MINID', this.#cursor);
  }
}

/** Compares ids of a stream: milliseconds, then a sequence number. */
function isBefore(one: string, other: string): boolean {
  const [oneMs = 0n, oneNumber = 0n] = one.split('-').map(BigInt);
  const [otherMs = 0n, otherNumber = 0n] = other.split('-').map(BigInt);
  return oneMs === otherMs ? oneNumber < otherNumber : oneMs < otherMs;
}
