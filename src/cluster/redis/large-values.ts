import type { Keys } from '../wire/keys.ts';
import { lifetimes } from '../wire/keys.ts';
import type { RedisClient } from './client.ts';

/** Longest value in one string, in bytes. Longer values are split: one large string would block Redis for all clients. */
const longestInline = 256 * 1024;
const partBytes = 1024 * 1024;

/** Reference to a value that is stored in parts. */
export interface ValueRef {
  readonly id: string;
  readonly bytes: number;
}

export const isLarge = (bytes: Buffer): boolean => bytes.length > longestInline;

/** Writes a value in parts; may be repeated. */
export async function putValue(
  client: RedisClient,
  keys: Keys,
  id: string,
  bytes: Buffer,
  lifetimeMs: number = lifetimes.value,
): Promise<ValueRef> {
  const key = keys.value(id);
  await client.call('DEL', key);
  for (let from = 0; from < bytes.length; from += partBytes) {
    await client.call('RPUSH', key, bytes.subarray(from, from + partBytes));
    if (from === 0) await client.call('PEXPIRE', key, lifetimeMs);
  }
  return { id, bytes: bytes.length };
}

/** Reads a value; undefined if it is gone or incomplete. */
export async function getValue(
  client: RedisClient,
  keys: Keys,
  { id, bytes }: ValueRef,
): Promise<Buffer | undefined> {
  const key = keys.value(id);
  const parts: Buffer[] = [];
  const count = Math.ceil(bytes / partBytes);
  for (let index = 0; index < count; index++) {
    const part = await client.call<Buffer | null>('LINDEX', key, index);
    if (part === null) return undefined;
    parts.push(part);
  }
  const value = Buffer.concat(parts);
  return value.length === bytes ? value : undefined;
}
