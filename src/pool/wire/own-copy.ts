import { unpooled } from './unpooled.ts';
import { encode } from './value-codec.ts';
import type { Encoded } from './value-codec.ts';

// A task may replace it.
const { structuredClone } = globalThis;

/** A value of more bytes is sent at once instead of copied: that costs less than copying it twice. */
const maxCopiedBytes = 16 * 1024;

export function isLarge(value: unknown): boolean {
  return (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) && value.byteLength > maxCopiedBytes;
}

/** A copy of the value as it is now: later changes to the value do not show in it. */
export function copyOf(value: unknown): Encoded {
  const own = unpooled(value);
  if (own !== value) return encode([own]);
  // Faster than cloning it; a Buffer is the object that small tasks return most often.
  if (Buffer.isBuffer(value) && isPlainMemory(value.buffer)) return encode([withOwnMemory(value)]);
  const encoded = encode([value]);
  return encoded.extras === undefined ? { values: [structuredClone(value)] } : structuredClone(encoded);
}

function isPlainMemory(memory: ArrayBufferLike): memory is ArrayBuffer {
  return memory instanceof ArrayBuffer && (memory as { resizable?: boolean }).resizable !== true;
}

/** Not `Buffer.copyBytesFrom`, which uses Node's pool: results that share memory would move, and be detached, together. */
function withOwnMemory({ buffer, byteOffset, byteLength }: Buffer): Buffer {
  return Buffer.from((buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength));
}
