import { inlineTarget } from '../tasks/inline.ts';
import { Task } from '../tasks/task.ts';

/** Functions that are known not to be generators: their targets, or the sources of inline functions. */
const plain = new Set<unknown>();

/** Characters of an inline function's source. A longer source is not remembered. */
const longestSource = 10_000;

function keyOf(task: Task<unknown>): unknown {
  const target = Task.targetOf(task);
  if (target !== inlineTarget) return target;
  const [source] = Task.argsOf(task) as [string];
  return source.length > longestSource ? undefined : source;
}

/** Is the task's function known not to be a generator? */
export const isPlain = (task: Task<unknown>): boolean => plain.has(keyOf(task));

export function rememberPlain(task: Task<unknown>): void {
  const key = keyOf(task);
  if (key !== undefined) plain.add(key);
}
