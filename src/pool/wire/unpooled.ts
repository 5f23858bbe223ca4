import { isSmallView } from '../../tasks/small-view.ts';

/**
 * For a view of a small part of a larger memory, a copy with memory of its own; see `isSmallView`. The copy no longer shares
 * memory with other views. Returns any other value as it is. Never throws.
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

/** The built-in type of a view, as cloning keeps it; its `constructor` may be anything. */
function viewType(view: ArrayBufferView): ViewType {
  const name = (Reflect.get(typedArray, Symbol.toStringTag, view) as string | undefined) ?? 'DataView';
  return (globalThis as unknown as Record<string, ViewType>)[name] as ViewType;
}
