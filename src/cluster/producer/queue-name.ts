import type { Transport } from './transport.ts';

/** How messages name the queue: with its release, and the place of its Redis. */
export function queueName({ queue, release, place }: Pick<Transport, 'queue' | 'release' | 'place'>): string {
  return `the queue '${queue}'${release === undefined ? '' : `, release '${release}'`} (${place})`;
}
