import type { TaskFunction } from './loading/load-task.ts';

const { slice } = Array.prototype;
const { apply } = Reflect;

/** Calls a function with `arity` values from index `from` on, without a spread: a task may have changed how arrays are iterated. */
export function callTask(fn: TaskFunction, values: readonly unknown[], from: number, arity: number): unknown {
  if (arity === 0) return fn();
  if (arity === 1) return fn(values[from]);
  if (arity === 2) return fn(values[from], values[from + 1]);
  return apply(fn, undefined, apply(slice, values, [from, from + arity]) as unknown[]);
}
