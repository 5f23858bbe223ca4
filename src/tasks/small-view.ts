/**
 * Does this view show less than half of the memory behind it? Cloning a view clones all of that memory, and Node cuts small Buffers
 * from a shared 8 KiB pool. So a small view that is itself an argument or a result is copied before it is sent. Shared memory is
 * not cloned, and a view of it is never small.
 */
export function isSmallView(value: unknown): value is ArrayBufferView<ArrayBuffer> {
  if (typeof value !== 'object' || !ArrayBuffer.isView(value)) return false;
  try {
    return value.buffer instanceof ArrayBuffer && value.byteLength * 2 < value.buffer.byteLength;
  } catch {
    // The program has put a getter there, and it threw.
    return false;
  }
}
