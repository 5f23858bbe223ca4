/**
 * Does this view show less than half of the memory behind it? Cloning a view clones all of that memory (Node cuts small
 * Buffers from a shared 8 KiB pool), so as an argument or a result by itself it is copied before it is sent. Shared
 * memory is not cloned, and a view of it stays one.
 */
export function isSmallView(value: unknown): value is ArrayBufferView<ArrayBuffer> {
  if (typeof value !== 'object' || !ArrayBuffer.isView(value)) return false;
  try {
    return value.buffer instanceof ArrayBuffer && value.byteLength * 2 < value.buffer.byteLength;
  } catch {
    // Somebody has put a getter there.
    return false;
  }
}
