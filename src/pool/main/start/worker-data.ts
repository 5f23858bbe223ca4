import { encode } from '../../wire/value-codec.ts';
import type { Encoded } from '../../wire/value-codec.ts';

/** `workerData` encoded, if Node's own cloning would change it; else undefined. */
export function changedByCloning(workerData: unknown): Encoded | undefined {
  const encoded = encode([workerData]);
  return encoded.extras === undefined ? undefined : encoded;
}
