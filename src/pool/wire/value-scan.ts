import { showKind } from '../../base/options.ts';
import { eachWithin, kindOf } from '../../tasks/contents.ts';
import type { Kind, Visit } from '../../tasks/contents.ts';
import { isFlat } from '../../tasks/flat.ts';
import { isNamespace, losesItsState } from '../../tasks/platform-object.ts';
import { isAsyncIterable } from '../../tasks/sources.ts';

/**
 * Most levels of a value that crosses. Cloning recurses: a worker (4 MiB of stack) could send a value of 1,500 levels and more that
 * the main thread (1 MiB) can't read, and the value would be lost.
 */
export const maxDepth = 1000;

/** Thrown for a value of more than `maxDepth` levels. */
export class TooDeepError extends RangeError {
  constructor() {
    super(`nested more than ${maxDepth} levels deep`);
  }
}

export interface Findings {
  /** Each `Buffer`, once: cloning makes it a plain `Uint8Array`. */
  readonly buffers: Uint8Array[] | undefined;
  /** Is there an error, which cloning strips, or a getter, which may return anything? */
  readonly needsCopy: boolean;
}

/**
 * Finds the parts of these values that cloning would change. Does not look into errors.
 *
 * Visits objects in the order of cloning, which decides how deeply cloning recurses where two paths lead to an object.
 *
 * @throws {TooDeepError} for a value that the other thread might not be able to read.
 * @throws {DOMException} `DataCloneError` for an object that would arrive empty. Also throws what a getter of an array's element throws.
 */
export function scan(values: readonly unknown[], limit: number = maxDepth): Findings {
  if (values.every(isFlatValue)) return nothing;
  let buffers: Uint8Array[] | undefined;
  let needsCopy = false;
  const seen = new Set<object>();
  // Objects still to visit, the next one last, and their depths. A list, not recursion: any depth is possible.
  const objects: object[] = [];
  const depths: number[] = [];
  let depth = 0;
  const visit: Visit = (value, _, isGetter) => {
    if (isGetter) needsCopy = true;
    else if (typeof value === 'object' && value !== null) {
      objects.push(value);
      depths.push(depth + 1);
    }
  };
  for (const value of values) visit(value, undefined, false);
  objects.reverse();
  for (let object = objects.pop(); object !== undefined; object = objects.pop()) {
    depth = depths.pop() as number;
    if (seen.has(object)) continue;
    seen.add(object);
    if (ArrayBuffer.isView(object)) {
      if (Buffer.isBuffer(object)) (buffers ??= []).push(object);
      continue;
    }
    if (depth > limit) throw new TooDeepError();
    const kind = kindOf(object);
    if (kind === 'error') needsCopy = true;
    else {
      const from = objects.length;
      eachWithin(object, kind, visit);
      if (objects.length === from) refuseEmptied(object, kind);
      else if (objects.length > from + 1) reverseFrom(objects, from);
    }
  }
  return { buffers, needsCopy };
}

const nothing: Findings = { buffers: undefined, needsCopy: false };

const isFlatValue = (value: unknown): boolean => typeof value !== 'object' || value === null || isFlat(value);

/** `dataCloneError` adds the path of the value. */
function refuseEmptied(object: object, kind: Kind): void {
  const isEmptied =
    kind === 'platform'
      ? losesItsState(object)
      : kind === 'object' && (isNamespace(object) || isAsyncIterable(object));
  if (!isEmptied) return;
  throw new DOMException(
    `${showKind(object)} could not be cloned: its state stays in its thread`,
    'DataCloneError',
  );
}

function reverseFrom(list: object[], from: number): void {
  for (let low = from, high = list.length - 1; low < high; low++, high--) {
    const value = list[low] as object;
    list[low] = list[high] as object;
    list[high] = value;
  }
}
