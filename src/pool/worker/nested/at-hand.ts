import { AsyncResource } from 'node:async_hooks';
import { loadTask } from '../load-task.ts';
import type { TaskFunction } from '../load-task.ts';
import { inFreshContext } from '../task-context.ts';
import { Task } from '../../../tasks/task.ts';
import type { TaskTarget } from '../../../tasks/task.ts';
import { isThenable } from '../../../tasks/thenable.ts';
import { transfersOf } from '../../../tasks/transferable.ts';

/** Functions that this thread has loaded, by the index of their target. */
const functions: (TaskFunction | undefined)[] = [];

/**
 * Calls a task's function here and now, as part of the task that asks for it: with its arguments themselves and not copies of
 * them. A function that returns at once costs no turn of the event loop, except for the first call of its module.
 */
export function atHand<R>(task: Task<R>): R | PromiseLike<R> {
  const { target } = task;
  const fn = functions[target.index];
  if (fn === undefined) return load(target).then((loaded) => within(loaded, task)) as Promise<R>;
  return within(fn, task) as R | PromiseLike<R>;
}

/** It sees the context of the task that asks for it; what it enters itself ends with it. */
function within(fn: TaskFunction, task: Task<unknown>): unknown {
  const context = new AsyncResource('MillraceBranch');
  return context.runInAsyncScope(() => settled(fn(...Task.argsOf(task))));
}

async function load({ index, module, name }: TaskTarget): Promise<TaskFunction> {
  return (functions[index] = await inFreshContext(() => loadTask(module, name)));
}

/** What moves when it crosses threads stays where it is. */
function settled(result: unknown): unknown {
  if (isThenable(result)) return result.then(unwrapped);
  return unwrapped(result);
}

const unwrapped = (result: unknown): unknown =>
  transfersOf(result) === undefined ? result : (result as { value: unknown }).value;
