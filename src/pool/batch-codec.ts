import type { Transferable } from 'node:worker_threads';
import { findBuffers, unpooled } from './buffers.ts';
import type { Job } from '../scheduler/job.ts';
import type { ThreadDelivery } from './thread-delivery.ts';
import type { Carrier } from './trace-context.ts';
import type { Batch } from './wire.ts';

type NewTarget = readonly [index: number, module: string, name: string];

/**
 * A delivery as one message. Adds to `transfer` what moves, and to `known` the targets that the worker learns from it:
 * a module's and a function's name cross once, and travel as a number from then on.
 */
export function encodeBatch(
  { id, base, jobs }: ThreadDelivery,
  announce: boolean,
  known: Set<number>,
  transfer: Transferable[],
): Batch {
  const runs: number[] = [];
  const args: unknown[] = [];
  let targets: NewTarget[] | undefined;
  let last = -3;
  let carriers: [position: number, carrier: Carrier][] | undefined;
  let moved: [position: number, transfer: readonly Transferable[]][] | undefined;
  for (let position = 0; position < jobs.length; position++) {
    const job = jobs[position] as Job;
    const { index, module, name } = job.task.target;
    const arity = job.args.length;
    if (runs[last] === index && runs[last + 2] === arity) (runs[last + 1] as number)++;
    else {
      last = runs.push(index, 1, arity) - 3;
      if (!known.has(index)) {
        known.add(index);
        (targets ??= []).push([index, module, name]);
      }
    }
    for (const argument of job.args) args.push(unpooled(argument));
    if (job.carrier !== undefined) (carriers ??= []).push([position, job.carrier]);
    if (job.transfer === undefined) continue;
    transfer.push(...job.transfer);
    (moved ??= []).push([position, job.transfer]);
  }
  const batch: Batch = { id, base, runs, args, announce };
  if (targets !== undefined) batch.targets = targets;
  if (moved !== undefined) batch.moved = moved;
  if (carriers !== undefined) batch.carriers = carriers;
  const buffers = findBuffers(args);
  if (buffers !== undefined) batch.buffers = buffers;
  return batch;
}
