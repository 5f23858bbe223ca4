import { InvalidTaskError } from '../../../base/errors.ts';
import { show } from '../../../base/options.ts';
import { isIterator } from '../../../base/source.ts';
import type { Steps } from '../../../base/source.ts';
import type { CallFlow } from '../../../tasks/call-flow.ts';
import { isThenable } from '../../../tasks/thenable.ts';
import { ItemSender } from '../../items/item-sender.ts';
import type { SenderParts } from '../../items/sender-parts.ts';
import type { Items } from '../../wire/nested-messages.ts';
import type { NestedCalls } from '../parking/nested-calls.ts';

/** Calls a generator function, sends what the generator yields, and resolves to its return value. */
export async function iterate(calls: NestedCalls, flow: CallFlow, call: () => unknown): Promise<unknown> {
  let iterator = call();
  if (isThenable(iterator)) iterator = await iterator;
  if (isIterator(iterator)) return advance(calls, flow, iterator);
  if (flow.either === true) return iterator;
  throw new InvalidTaskError(
    `iterate() needs a generator, but the task returned ${show(iterator)}, which has no next(): use run()`,
  );
}

/** Advances the iterator. While it waits for its reader the task may park. */
async function advance(calls: NestedCalls, flow: CallFlow, iterator: Steps): Promise<unknown> {
  const { port } = calls.desk;
  const stop = calls.cancellation;
  const parts: SenderParts = {
    post(values, extras, transfer) {
      const items: Items = { kind: 'items', items: calls.at.batch, values };
      if (extras.length === 0) port.postMessage(items, transfer);
      else port.postMessage({ ...items, extras }, transfer);
    },
    isStopped: () => stop.aborted,
    async untilRead(read) {
      calls.waitsForReader = true;
      await calls.awaited(read);
      calls.waitsForReader = false;
    },
    leaves: (isLast) => (isLast ? 'now' : 'soon'),
  };
  const sender = new ItemSender(parts, flow);
  calls.open(sender);
  try {
    return await sender.run(iterator);
  } finally {
    calls.close();
  }
}
