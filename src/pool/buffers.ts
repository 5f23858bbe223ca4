/** Indices and keys that lead from a list of values to a `Buffer` in it. */
export type BufferPath = readonly (string | number)[];

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
 * @throws {TooDeepError} for a value that the other side might not be able to read.
 */
export function findBuffers(values: readonly unknown[]): BufferPath[] | undefined {
  let found: BufferPath[] | undefined;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value !== 'object' || value === null) continue;
    visit(value, [index], new Set(), (path) => (found ??= []).push([...path]));
  }
  return found;
}

/** @throws {TooDeepError} as `findBuffers` does. */
export function checkDepth(value: unknown): void {
  findBuffers([value]);
}

/** `path` is one list that grows and shrinks: a copy for each object would cost the square of the depth. */
function visit(
  value: object,
  path: (string | number)[],
  seen: Set<object>,
  found: (path: BufferPath) => void,
): void {
  if (Buffer.isBuffer(value)) return found(path);
  if (ArrayBuffer.isView(value) || seen.has(value)) return;
  if (path.length > maxDepth) throw new TooDeepError();
  seen.add(value);
  for (const key of Object.keys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)?.value as unknown;
    if (typeof property !== 'object' || property === null) continue;
    path.push(key);
    visit(property, path, seen, found);
    path.pop();
  }
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
 * A `Buffer` of its own memory for one that is a small part of a larger one (Node cuts small Buffers from a shared
 * 8 KiB pool): cloning a view clones all of the memory behind it.
 */
export function unpooled(value: unknown): unknown {
  if (!Buffer.isBuffer(value) || value.byteLength * 2 > value.buffer.byteLength) return value;
  const copy = Buffer.allocUnsafeSlow(value.byteLength);
  value.copy(copy);
  return copy;
}
