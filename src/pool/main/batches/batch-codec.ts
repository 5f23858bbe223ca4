import type { Transferable } from 'node:worker_threads';
import { Task } from '../../../tasks/task.ts';
import type { Call, SendOptions } from '../../../scheduler/dispatch/backend.ts';
import { overlaps } from './shared-objects.ts';
import type { ThreadBatch } from './thread-batch.ts';
import type { Carrier } from '../../wire/trace-context.ts';
import { refuseDetached } from '../../wire/refuse-detached.ts';
import { unpooled } from '../../wire/unpooled.ts';
import { decode, encode } from '../../wire/value-codec.ts';
import type { BatchMessage } from '../../wire/messages.ts';

type NewTarget = readonly [index: number, module: string, name: string];

/** If two tasks of a batch share arguments, the second one's are copied up to this many bytes; a larger task travels alone. */
const maxCopiedBytes = 16 * 1024;

/**
 * Encodes a batch as one message, and adds its transferred objects to `transfer`. The names of a module and a function are sent
 * until the worker has answered a batch with them; from then on a number stands for them.
 *
 * @throws for arguments that can't be read or cloned, and for tasks that can't travel together.
 */
export function encodeBatch(
  { id, base, jobs }: ThreadBatch<Call>,
  { announce, holdMs }: SendOptions,
  known: ReadonlySet<number>,
  transfer: Transferable[],
): BatchMessage {
  const runs: number[] = [];
  const args: unknown[] = [];
  const seen = new Set<object>();
  let targets: NewTarget[] | undefined;
  let last = -3;
  let carriers: [position: number, carrier: Carrier][] | undefined;
  let moved: [position: number, transfer: readonly Transferable[]][] | undefined;
  for (let position = 0; position < jobs.length; position++) {
    const job = jobs[position] as Call;
    const { index, module, name } = Task.targetOf(job.task);
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
      // If the job transfers anything, a view may belong to transferred memory.
      args.push(job.transfer === undefined ? unpooled(own[argument]) : own[argument]);
    }
    if (job.carrier !== undefined) (carriers ??= []).push([position, job.carrier]);
    if (job.transfer === undefined) continue;
    refuseDetached(job.transfer);
    transfer.push(...job.transfer);
    (moved ??= []).push([position, job.transfer]);
  }
  const { values, extras } = encode(args);
  const batch: BatchMessage = { kind: 'batch', id, base, runs, args: values, announce, holdMs };
  if (jobs.length === 1) {
    const { flow, sources } = jobs[0] as Call;
    if (sources !== null) batch.sources = sources.positions;
    if (flow !== null) {
      const { window, windowBytes, credits, either = false } = flow;
      batch.flow = { window, windowBytes, credits, either };
    }
  }
  if (targets !== undefined) batch.targets = targets;
  if (moved !== undefined) batch.moved = moved;
  if (carriers !== undefined) batch.carriers = carriers;
  if (extras !== undefined) batch.extras = extras;
  return batch;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** A job's arguments, sharing no object with the arguments of earlier jobs. */
function ownArgs({ args, transfer, bytes }: Call, seen: Set<object>): readonly unknown[] {
  if (!overlaps(args, seen)) return args;
  if (transfer !== undefined || bytes > maxCopiedBytes) {
    throw new DOMException('tasks that share an object travel apart', 'DataCloneError');
  }
  return decode(structuredClone(encode(args.map(unpooled))));
}
