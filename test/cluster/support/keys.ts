import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { keysOf } from '../../../src/cluster/wire/keys.ts';

/** What BullMQ keeps of a queue, for as long as the queue is. */
const bullKeys = [
  'events',
  'id',
  'marker',
  'meta',
  'stalled-check',
  'active',
  'wait',
  'completed',
  'failed',
  'stalled',
];

const isJob = (key: string): boolean => /:batches:[0-9a-f-]{36}-\d+(?::lock)?$/.test(key);

/** Every key expires but the epoch and those that are BullMQ's own. */
export async function checkKeys({ url }: { readonly url: string }, queue: string): Promise<void> {
  const { prefix, epoch } = keysOf(queue, undefined);
  const client = new Redis(url);
  for (const key of await client.keys('*')) {
    expect(key.startsWith(`${prefix}:`), key).toBe(true);
    const own = /:batches:(.*)$/.exec(key)?.[1];
    if (own !== undefined && (bullKeys.includes(own) || isJob(key))) continue;
    const ttl = await client.pttl(key);
    // It has gone since the list was made.
    if (key !== epoch && ttl !== -2) expect(ttl, key).toBeGreaterThan(0);
  }
  client.disconnect();
}

/** Batches that BullMQ has not finished with. */
export async function bullJobs({ url }: { readonly url: string }, queue: string): Promise<string[]> {
  const client = new Redis(url);
  const keys = await client.keys(`${keysOf(queue, undefined).prefix}:batches:*`);
  client.disconnect();
  return keys.filter(isJob);
}
