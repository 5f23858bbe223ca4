import type { RedisClient } from '../redis/client.ts';

/** What a host hears on the control channel of its queue. */
interface Listener {
  readonly told: (text: string) => void;
  /** Messages may have been lost: Redis was away. */
  readonly missed: () => void;
}

/** Subscribes the connection to a channel. Resolves when Redis has answered. */
export async function listen(
  { redis }: RedisClient,
  channel: string,
  { told, missed }: Listener,
): Promise<void> {
  redis.on('message', (_channel, text) => told(text));
  await redis.subscribe(channel);
  // Connected anew.
  redis.on('ready', () => void redis.subscribe(channel).then(missed, () => {}));
}
