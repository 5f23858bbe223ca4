import type { RedisClient } from '../redis/client.ts';
import { redisError } from '../redis/redis-error.ts';

/** What a host hears on the control channel of its queue. */
interface Listener {
  readonly told: (text: string) => void;
  /** Messages may have been lost: Redis was away. */
  readonly missed: () => void;
}

/** Subscribes the connection to a channel. Resolves when Redis has answered; rejects with `ClusterError` if it refuses. */
export async function listen(
  { redis, where }: RedisClient,
  channel: string,
  { told, missed }: Listener,
): Promise<void> {
  redis.on('message', (_channel, text) => told(text));
  try {
    await redis.subscribe(channel);
  } catch (error) {
    throw redisError('it can’t be used', error, where);
  }
  // Connected anew.
  redis.on('ready', () => void redis.subscribe(channel).then(missed, () => {}));
}
