import type { QueueOptions } from '../queue-options.ts';
import type { Keys } from '../wire/keys.ts';
import type { Seal } from '../wire/seal.ts';

/** How a program reaches the Redis of its queue, and proves who it is. */
export interface RedisTransportOptions
  extends Required<Pick<QueueOptions, 'connection' | 'queue' | 'connectTimeoutMs'>> {
  readonly release?: string | undefined;
  readonly keys: Keys;
  /** The program's id. */
  readonly id: string;
  readonly seal: Seal;
}
