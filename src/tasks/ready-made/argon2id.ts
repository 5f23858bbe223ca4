import * as crypto from 'node:crypto';
import { optionalPeer } from '../../base/optional-peer.ts';
import type { Argon2Cost } from './password-options.ts';

/** `crypto.argon2Sync`, which Node has since 24.7. */
type Argon2Sync = (
  algorithm: 'argon2id',
  parameters: {
    readonly message: string;
    readonly nonce: Buffer;
    readonly parallelism: number;
    readonly tagLength: number;
    readonly memory: number;
    readonly passes: number;
  },
) => Buffer;

/** Version 1.3 of Argon2 (0x13): the only version that Millrace makes and accepts. */
export const argon2Version = 19;

/** Argon2id (RFC 9106), by Node from 24.7 on, else by the package @node-rs/argon2. @throws {PeerError} without either. */
export async function argon2id(
  password: string,
  salt: Buffer,
  { memory, passes, p }: Argon2Cost,
  length: number,
): Promise<Buffer> {
  const { argon2Sync } = crypto as { argon2Sync?: Argon2Sync };
  if (argon2Sync !== undefined) {
    return argon2Sync('argon2id', {
      message: password,
      nonce: salt,
      parallelism: p,
      tagLength: length,
      memory,
      passes,
    });
  }
  const { hashRawSync } = await optionalPeer(
    '@node-rs/argon2',
    'Argon2id before Node 24.7',
    () => import('@node-rs/argon2'),
  );
  return hashRawSync(password, {
    salt,
    memoryCost: memory,
    timeCost: passes,
    parallelism: p,
    outputLen: length,
  });
}
