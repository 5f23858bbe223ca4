import type { BatchMessage } from './messages.ts';

/** Values that cloning copies without running getters or reading prototypes. */
export type Primitive = string | number | bigint | boolean | null | undefined;

/**
 * The call of one task that travels alone, with primitive arguments and a target that the worker knows: a flat array, which
 * is cheaper to clone than an object of a few fields.
 *
 * It is answered by a `LoneAnswer` if its result is primitive too, else by `Answers`, as a batch of one task is.
 */
export type LoneCall = readonly [batch: number, base: number, target: number, ...args: Primitive[]];

export type LoneAnswer = readonly [batch: number, value: Primitive];

/** Number of fields of a `LoneCall` before its arguments. */
export const loneHeader = 3;

/** The same call as a `BatchMessage`. Copies by index: a task may have changed how arrays are iterated. */
export function batchOf(message: LoneCall): BatchMessage {
  const id = message[0];
  const base = message[1];
  const target = message[2];
  const args: Primitive[] = [];
  for (let index = loneHeader; index < message.length; index++) args[args.length] = message[index];
  return { kind: 'batch', id, base, runs: [target, 1, args.length], args, announce: false, holdMs: 0 };
}

export function isPrimitive(value: unknown): value is Primitive {
  return (
    (typeof value !== 'object' || value === null) && typeof value !== 'function' && typeof value !== 'symbol'
  );
}
