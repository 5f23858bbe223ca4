import type { Call, SendOptions } from '../../../scheduler/dispatch/backend.ts';
import { Task } from '../../../tasks/task.ts';
import { isPrimitive } from '../../wire/lone-call.ts';
import type { LoneCall, Primitive } from '../../wire/lone-call.ts';
import type { ThreadBatch } from './thread-batch.ts';

/** Undefined for a job that must travel as a batch. */
export function encodeLoneCall(
  { id, base }: Pick<ThreadBatch<Call>, 'id' | 'base'>,
  { task, args, transfer, carrier, flow, sources }: Call,
  { announce }: SendOptions,
  known: ReadonlySet<number>,
): LoneCall | undefined {
  if (announce || transfer !== undefined || carrier !== undefined || flow !== null || sources !== null)
    return undefined;
  const { index } = Task.targetOf(task);
  if (!known.has(index)) return undefined;
  const message: [number, number, number, ...Primitive[]] = [id, base, index];
  for (let position = 0; position < args.length; position++) {
    const value = args[position];
    if (!isPrimitive(value)) return undefined;
    message.push(value);
  }
  return message;
}
