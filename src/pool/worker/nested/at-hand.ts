import { AsyncResource } from 'node:async_hooks';
import { InvalidTaskError } from '../../../base/errors.ts';
import { generatorResult } from '../collected.ts';
import { isGenerated } from '../iterating/generated.ts';
import { loadTask } from '../loading/load-task.ts';
import type { TaskFunction } from '../loading/load-task.ts';
import { inFreshContext } from '../task-context.ts';
import { Task } from '../../../tasks/task.ts';
import type { TaskTarget } from '../../../tasks/task.ts';
import { isThenable } from '../../../tasks/thenable.ts';
import { transfersOf } from '../../../tasks/transferable.ts';

/** Functions that this thread has loaded, by target index. */
const functions: (TaskFunction | undefined)[] = [];

/**
 * Calls a task's function within the calling task, with the arguments themselves instead of copies. A synchronous function
 * takes no turn of the event loop, except at the first call of its module.
 */
export function atHand<R>(task: Task<R>): R | PromiseLike<R> {
  const target = Task.targetOf(task);
  const fn = functions[target.index];
  if (fn === undefined) return load(target).then((loaded) => within(loaded, task)) as Promise<R>;
  return within(fn, task) as R | PromiseLike<R>;
}

/** The function sees the calling task's context; stores that it enters end with the call. */
function within(fn: TaskFunction, task: Task<unknown>): unknown {
  const context = new AsyncResource('MillraceBranch');
  return context.runInAsyncScope(() => settled(fn(...Task.argsOf(task))));
}

async function load({ index, module, name }: TaskTarget): Promise<TaskFunction> {
  return (functions[index] = await inFreshContext(() => loadTask(module, name)));
}

/** Unwraps a `transfer()` result: nothing crosses threads here. */
function settled(result: unknown): unknown {
  // Its `then` may be no function.
  if (isThenable(result)) return Promise.resolve(result).then(unwrapped);
  return unwrapped(result);
}

/** Refuses a generator, as in another thread: `iterate()` reads those. */
function unwrapped(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  if (transfersOf(result) !== undefined) return (result as { value: unknown }).value;
  if (isGenerated(result)) throw new InvalidTaskError(generatorResult);
  return result;
}
