import { isSmallView } from '../../tasks/small-view.ts';

/**
 * A view of its own memory for one that shows a small part of a larger one; see `isSmallView`. What it shared its memory
 * with it shares no more. Never throws.
 */
export function unpooled(value: unknown): unknown {
  if (!isSmallView(value)) return value;
  try {
    const { buffer, byteOffset, byteLength } = value;
    const memory = buffer.slice(byteOffset, byteOffset + byteLength);
    return Buffer.isBuffer(value) ? Buffer.from(memory) : new (viewType(value))(memory);
  } catch {
    return value;
  }
}

type ViewType = new (memory: ArrayBuffer) => ArrayBufferView;

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** Not its `constructor`, which may be anything: cloning keeps the built-in type, too. */
function viewType(view: ArrayBufferView): ViewType {
  const name = (Reflect.get(typedArray, Symbol.toStringTag, view) as string | undefined) ?? 'DataView';
  return (globalThis as unknown as Record<string, ViewType>)[name] as ViewType;
}
