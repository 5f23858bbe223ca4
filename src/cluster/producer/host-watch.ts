import { RedisClient } from '../redis/client.ts';
import { readFrame, watchMessage } from '../wire/watch-message.ts';
import type { RedisTransportOptions } from './redis-transport-options.ts';

const askMs = 2000;

/** Receives the frames of hosts on a separate connection, and keeps asking for them. */
export class HostWatch {
  readonly #options: RedisTransportOptions;
  readonly #told: (host: string, body: string) => void;
  readonly #timer: NodeJS.Timeout;
  #client: RedisClient | undefined = undefined;
  #closed = false;

  /** @param publish sends to the control channel, if Redis can be reached. */
  constructor(
    options: RedisTransportOptions,
    publish: (text: string) => void,
    told: (host: string, body: string) => void,
  ) {
    this.#options = options;
    this.#told = told;
    const request = watchMessage(options.id, options.seal);
    this.#timer = setInterval(() => publish(request), askMs).unref();
    // Without Redis there are no frames; the executor itself reports why.
    this.#open().then(
      () => this.#closed || publish(request),
      () => this.close(),
    );
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#client?.close();
  }

  async #open(): Promise<void> {
    const { connection, queue, id, keys, seal, connectTimeoutMs } = this.#options;
    const client = await RedisClient.create(connection, queue, `millrace:${id}:watch`, { blocking: true });
    this.#client = client;
    if (this.#closed) return client.close();
    client.redis.on('message', (_channel, message) => {
      const frame = readFrame(message, seal);
      if (frame !== undefined && !this.#closed) this.#told(frame.host, frame.body);
    });
    await client.connect(connectTimeoutMs);
    await client.redis.subscribe(keys.frames);
  }
}
