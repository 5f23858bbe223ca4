import type { Transferable } from 'node:worker_threads';
import type { Call, SendOptions } from '../../scheduler/dispatch/backend.ts';
import { overlaps } from './shared-objects.ts';
import type { ThreadDelivery } from './thread-delivery.ts';
import type { Carrier } from '../wire/trace-context.ts';
import { unpooled } from '../wire/unpooled.ts';
import { decode, encode } from '../wire/value-codec.ts';
import type { Batch } from '../wire/messages.ts';

type NewTarget = readonly [index: number, module: string, name: string];

/** Arguments that two tasks of a batch share are copied for the second one, up to so many bytes; beyond, it travels alone. */
const maxCopiedBytes = 16 * 1024;

/**
 * A delivery as one message; adds to `transfer` what moves. A module's and a function's name cross with it only if the
 * worker is not known to know them: they travel as a number from then on.
 *
 * @throws for what can't be read or cloned, and for tasks that can't travel together.
 */
export function encodeBatch(
  { id, base, jobs }: ThreadDelivery<Call>,
  { announce, eager }: SendOptions,
  known: ReadonlySet<number>,
  transfer: Transferable[],
): Batch {
  const runs: number[] = [];
  const args: unknown[] = [];
  const seen = new Set<object>();
  let targets: NewTarget[] | undefined;
  let last = -3;
  let carriers: [position: number, carrier: Carrier][] | undefined;
  let moved: [position: number, transfer: readonly Transferable[]][] | undefined;
  for (let position = 0; position < jobs.length; position++) {
    const job = jobs[position] as Call;
    const { index, module, name } = job.task.target;
    const arity = job.args.length;
    if (runs[last] === index && runs[last + 2] === arity) (runs[last + 1] as number)++;
    else {
      last = runs.push(index, 1, arity) - 3;
      if (!known.has(index) && targets?.some(([told]) => told === index) !== true) {
        (targets ??= []).push([index, module, name]);
      }
    }
    const own = jobs.length > 1 && job.args.some(isObject) ? ownArgs(job, seen) : job.args;
    for (let argument = 0; argument < arity; argument++) {
      // Where something moves, a view may be of what moves.
      args.push(job.transfer === undefined ? unpooled(own[argument]) : own[argument]);
    }
    if (job.carrier !== undefined) (carriers ??= []).push([position, job.carrier]);
    if (job.transfer === undefined) continue;
    transfer.push(...job.transfer);
    (moved ??= []).push([position, job.transfer]);
  }
  const { values, extras } = encode(args);
  const batch: Batch = { kind: 'batch', id, base, runs, args: values, announce, eager };
  if (targets !== undefined) batch.targets = targets;
  if (moved !== undefined) batch.moved = moved;
  if (carriers !== undefined) batch.carriers = carriers;
  if (extras !== undefined) batch.extras = extras;
  return batch;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** A job's arguments, sharing nothing with those of the jobs before it. */
function ownArgs({ args, transfer, bytes }: Call, seen: Set<object>): readonly unknown[] {
  if (!overlaps(args, seen)) return args;
  if (transfer !== undefined || bytes > maxCopiedBytes) {
    throw new DOMException('tasks that share an object travel apart', 'DataCloneError');
  }
  return decode(structuredClone(encode(args.map(unpooled))));
}
