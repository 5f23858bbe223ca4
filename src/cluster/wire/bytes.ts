import { Deserializer, Serializer } from 'node:v8';
import { types } from 'node:util';
import { showKind } from '../../base/options.ts';
import { eachWithin, kindOf } from '../../tasks/contents.ts';
import type { Visit } from '../../tasks/contents.ts';

/** Serializes a value in V8's own format: as for a thread of this process, except objects that can't leave a process. */
export function toBytes(value: unknown): Buffer {
  refuseBound(value);
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** @throws for bytes that this version of V8 can't read. */
export function fromBytes(bytes: Uint8Array): unknown {
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}

/** The version of V8's format that this process writes. It reads this one and older ones. */
export function wireVersion(): number {
  const serializer = new Serializer();
  serializer.writeHeader();
  return serializer.releaseBuffer()[1] as number;
}

/**
 * Memory that is shared, ports, handles, keys: they cross between threads and not between machines. V8 would make empty objects
 * of some of them, without a word.
 *
 * @throws {DOMException} `DataCloneError`.
 */
function refuseBound(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const seen = new Set<object>([value]);
  const unseen: object[] = [value];
  const visit: Visit = (inner) => {
    if (typeof inner !== 'object' || inner === null || seen.has(inner)) return;
    seen.add(inner);
    unseen.push(inner);
  };
  for (let object = unseen.pop(); object !== undefined; object = unseen.pop()) {
    const kind = kindOf(object);
    if (kind === 'leaf') {
      const memory = ArrayBuffer.isView(object) ? object.buffer : object;
      if (types.isSharedArrayBuffer(memory)) refuse(object);
    } else if (kind === 'platform') refuse(object);
    else eachWithin(object, kind, visit);
  }
}

function refuse(object: object): never {
  throw new DOMException(
    `${showKind(object)} could not be cloned: it can't leave its process, and the task runs on another machine`,
    'DataCloneError',
  );
}
