import type { Transferable } from 'node:worker_threads';
import { decode, encode } from '../wire/value-codec.ts';
import type { BatchMessage, Returned } from '../wire/messages.ts';

/**
 * The message with which an ending thread hands back what had moved to it for tasks that it will not run: the main thread
 * has no copy. Undefined if nothing had moved.
 */
export function handBack(
  { id, runs, args, extras, moved = [] }: BatchMessage,
  isUnclaimed: (position: number) => boolean,
): [message: Returned, transfer: Transferable[]] | undefined {
  const stranded = new Map(moved.filter(([position]) => isUnclaimed(position)));
  if (stranded.size === 0) return undefined;
  decode({ values: args, extras });
  const tasks: Returned['tasks'][number][] = [];
  let position = 0;
  let argument = 0;
  for (let run = 0; run < runs.length; run += 3) {
    const arity = runs[run + 2] as number;
    for (let left = runs[run + 1] as number; left > 0; left--, position++, argument += arity) {
      const transfer = stranded.get(position);
      if (transfer === undefined) continue;
      tasks.push([position, encode(args.slice(argument, argument + arity)), transfer]);
    }
  }
  return [{ kind: 'returned', returned: id, tasks }, tasks.flatMap(([, , transfer]) => transfer)];
}
