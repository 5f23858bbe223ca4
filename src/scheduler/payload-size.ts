import { types } from 'node:util';
import { eachWithin } from '../tasks/contents.ts';
import { isSmallView } from '../tasks/small-view.ts';

/**
 * About how many bytes a list of arguments takes when it is sent: exact for buffers, two bytes a character for strings,
 * 8 for other primitives, 16 for each object, array, Map or Set and 8 for each thing in it. Whatever is there several
 * times counts once, as cloning does it.
 *
 * A view counts as all of the memory behind it, which is what cloning takes; but a small one that is an argument by
 * itself is copied first, and counts as its own bytes.
 *
 * Never throws. What can't be looked at counts as empty: sending it fails, with a better message.
 */
export function payloadBytes(values: readonly unknown[]): number {
  let total = 0;
  let objects: ObjectSizes | undefined;
  for (const value of values) {
    if (typeof value !== 'object' || value === null) total += primitiveBytes(value);
    else if (isSmallView(value)) total += value.byteLength;
    else (objects ??= new ObjectSizes()).add(value);
  }
  return objects === undefined ? total : total + objects.total();
}

const primitiveBytes = (value: unknown): number => (typeof value === 'string' ? value.length * 2 : 8);

/** Keeps a list of what is still to be measured instead of recursing: no depth is too much for it. */
class ObjectSizes {
  readonly #seen = new Set<object>();
  readonly #unmeasured: object[] = [];
  #total = 0;

  add(value: object): void {
    const object = ArrayBuffer.isView(value) ? memoryOf(value) : value;
    if (object === undefined || this.#seen.has(object)) this.#total += 8;
    else {
      this.#seen.add(object);
      this.#unmeasured.push(object);
    }
  }

  total(): number {
    for (let object = this.#unmeasured.pop(); object; object = this.#unmeasured.pop()) {
      if (types.isArrayBuffer(object)) this.#total += object.byteLength;
      else {
        this.#total += 16;
        eachWithin(object, (value) => {
          this.#total += 8;
          if (typeof value === 'object' && value !== null) this.add(value);
          else this.#total += primitiveBytes(value);
        });
      }
    }
    return this.#total;
  }
}

function memoryOf(view: ArrayBufferView): ArrayBufferLike | undefined {
  try {
    return view.buffer;
  } catch {
    // Somebody has put a getter there.
    return undefined;
  }
}
