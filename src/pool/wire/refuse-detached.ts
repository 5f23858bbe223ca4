import { types } from 'node:util';

// A task may replace them.
const { DOMException, Uint8Array } = globalThis;
/** Also of a buffer that comes from another realm (`node:vm`). */
const { isArrayBuffer } = types;

/**
 * Node posts a detached buffer of a transfer list, and then the other thread can't read the message.
 *
 * @throws {DOMException} `DataCloneError` for a list with such a buffer.
 */
export function refuseDetached(moved: readonly unknown[]): void {
  for (let index = 0; index < moved.length; index++) {
    const buffer = moved[index];
    if (isArrayBuffer(buffer) && buffer.byteLength === 0 && isDetached(buffer))
      throw new DOMException('an ArrayBuffer that is to move is detached', 'DataCloneError');
  }
}

/** `ArrayBuffer.prototype.detached` tells it from Node 22 on. */
function isDetached(buffer: ArrayBuffer): boolean {
  try {
    void new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
