import type { Transferable } from 'node:worker_threads';
import { payloadBytes } from '../../tasks/payload-size.ts';
import { transfersOf } from '../../tasks/transferable.ts';
import { copyOf, isLarge } from '../wire/own-copy.ts';
import { refuseDetached } from '../wire/refuse-detached.ts';
import { dataCloneError } from '../wire/uncloneable.ts';
import { unpooled } from '../wire/unpooled.ts';
import { encode } from '../wire/value-codec.ts';
import type { Encoded } from '../wire/value-codec.ts';
import { flatBytes, flatCopy } from './flat-copy.ts';

// A task may replace it.
const { structuredClone } = globalThis;

/** An item on its way into a message. */
export interface Prepared extends Encoded {
  /** Estimated size. */
  readonly bytes: number;
  readonly transfer?: readonly Transferable[];
  /** The item was not copied, and must be sent before the generator continues. */
  readonly live: boolean;
}

/**
 * When an item leaves. `now`: before the generator continues. `soon`: perhaps before. `later`: after, so that every object is copied.
 */
export type Leaves = 'now' | 'soon' | 'later';

/**
 * Prepares an item of a generator for sending.
 *
 * An item arrives as it was when it was yielded, although the generator may change the same object for the next item. So an object is
 * copied, or it is *live* and sent before the generator continues; see `collected.ts`, where the same holds for results.
 *
 * @throws the platform's `DataCloneError` for an item that can't be cloned.
 */
export function prepare(item: unknown, leaves: Leaves): Prepared {
  const bytes = flatBytes(item);
  if (bytes >= 0) return { values: [item], bytes, live: false };
  if (typeof item === 'bigint') return { values: [item], bytes: payloadBytes([item]), live: false };
  if (typeof item !== 'object' || item === null)
    throw dataCloneError(new Error(`${String(item)} could not be cloned.`), item, 'item');
  let value: unknown = item;
  try {
    const moved = transfersOf(item);
    if (moved !== undefined) {
      ({ value } = item as { value: unknown });
      return moving(value, [...moved], leaves);
    }
    const flat = flatCopy(item);
    if (flat !== undefined) return { values: [flat.copy], bytes: flat.bytes, live: false };
    const live = leaves === 'now' || (leaves === 'soon' && isLarge(item));
    const encoded = live ? encode([unpooled(item)]) : copyOf(item);
    return { ...encoded, bytes: payloadBytes([item]), live };
  } catch (error) {
    throw dataCloneError(error, value, 'item');
  }
}

/** Detaches transferred parts from the generator at once: if the item waits for others, they first move within the thread. */
function moving(value: unknown, moved: readonly Transferable[], leaves: Leaves): Prepared {
  refuseDetached(moved);
  const bytes = payloadBytes([value]);
  const isMemory = moved.every((each) => each instanceof ArrayBuffer);
  const live = leaves === 'now' || (leaves === 'soon' && !isMemory);
  const encoded = encode([value]);
  if (live) return { ...encoded, bytes, transfer: moved, live };
  const [own, transfer] = structuredClone([encoded, moved], { transfer: moved as ArrayBuffer[] });
  return { ...own, bytes, transfer, live };
}
