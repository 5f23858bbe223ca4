import { eachWithin } from '../tasks/contents.ts';
import { isSmallView } from '../tasks/small-view.ts';

/** Indices and keys that lead from a list of values to a `Buffer` in it. */
export type BufferPath = readonly (string | number)[];

/** An object, and how the search came there. */
interface Place {
  readonly object: object;
  readonly key: string | number;
  readonly from: Place | null;
  readonly depth: number;
}

/**
 * Levels of a value that crosses. Cloning recurses: a worker (4 MiB of stack) could send what the main thread (1 MiB)
 * can't read, from 1,500 nested objects on, and it would be lost on the way.
 */
const maxDepth = 1000;

/** Thrown for what is nested more deeply. */
export class TooDeepError extends RangeError {
  constructor() {
    super(`nested more than ${maxDepth} levels deep`);
  }
}

/**
 * Where among the values a `Buffer` stands, at any depth of arrays and objects. Structured cloning makes each one a
 * plain `Uint8Array`; the other side turns them back with `reviveBuffers`.
 *
 * @throws {TooDeepError} for a value that the other side might not be able to read; nothing else, whatever it is given.
 */
export function findBuffers(values: readonly unknown[]): BufferPath[] | undefined {
  if (!values.some(isObject)) return undefined;
  let found: BufferPath[] | undefined;
  let tooDeep = false;
  const seen = new Set<object>();
  const places: Place[] = [{ object: values, key: '', from: null, depth: 0 }];
  // A list that grows while it is read: no depth is too much for it.
  for (const place of places) {
    eachWithin(place.object, (value, key) => {
      if (key === undefined || !isObject(value)) return;
      if (ArrayBuffer.isView(value)) {
        if (Buffer.isBuffer(value)) (found ??= []).push(pathTo(key, place));
      } else if (!seen.has(value)) {
        seen.add(value);
        if (place.depth === maxDepth) tooDeep = true;
        else places.push({ object: value, key, from: place, depth: place.depth + 1 });
      }
    });
    // Not from within: what is thrown there is taken for a getter's.
    if (tooDeep) throw new TooDeepError();
  }
  return found;
}

/** @throws {TooDeepError} as `findBuffers` does. */
export function checkDepth(value: unknown): void {
  findBuffers([value]);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function pathTo(key: string | number, place: Place): BufferPath {
  const path = [key];
  for (let at = place; at.from !== null; at = at.from) path.push(at.key);
  return path.toReversed();
}

/** Turns the `Uint8Array`s at these paths back into `Buffer`s of the same memory. */
export function reviveBuffers(values: unknown[], paths: readonly BufferPath[] | undefined): void {
  for (const path of paths ?? []) {
    let parent: unknown = values;
    for (const key of path.slice(0, -1)) parent = (parent as Record<string, unknown> | undefined)?.[key];
    const last = path.at(-1) as string | number;
    const view = (parent as Record<string, unknown> | undefined)?.[last];
    // Cloning drops what hangs on a Date, a Map and their like: then there is nothing to revive.
    if (!(view instanceof Uint8Array)) continue;
    (parent as Record<string, unknown>)[last] = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  }
}

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
