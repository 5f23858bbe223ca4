import { show } from '../../base/options.ts';
import { eachWithin, kindOf } from '../../tasks/contents.ts';
import type { Kind, Visit } from '../../tasks/contents.ts';
import { isNamespace, losesItsState } from '../../tasks/platform-object.ts';

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

export interface Findings {
  /** Each `Buffer`, once: cloning makes it a plain `Uint8Array`. */
  readonly buffers: Uint8Array[] | undefined;
  /** Is there an error, which cloning strips, or a getter, behind which may be anything? */
  readonly needsCopy: boolean;
}

/**
 * What of these values cloning by itself would change. Errors are not looked into.
 *
 * Goes through them in the order of cloning: that decides how deeply it recurses where two ways lead to an object.
 *
 * @throws {TooDeepError} for what the other side might not be able to read.
 * @throws {DOMException} `DataCloneError` for what would arrive as an empty object. And what a getter of an array's element throws.
 */
export function scan(values: readonly unknown[], limit: number = maxDepth): Findings {
  let buffers: Uint8Array[] | undefined;
  let needsCopy = false;
  const seen = new Set<object>();
  // What is still to be looked at, the next one last, and how deep that is: a list, so that no depth is too much for it.
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

/** The path of the value is added by `dataCloneError`. */
function refuseEmptied(object: object, kind: Kind): void {
  if (kind === 'platform' ? !losesItsState(object) : kind !== 'object' || !isNamespace(object)) return;
  throw new DOMException(
    `${show(object)} could not be cloned: its state stays in its thread`,
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
