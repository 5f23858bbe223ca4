import { InvalidTaskError } from './base/errors.ts';
import { Current } from './pool/worker/nested/current.ts';
import type { NestedFuture } from './pool/worker/nested/nested-future.ts';
import type { NestedIteration } from './pool/worker/nested/nested-iteration.ts';
import { moduleBeingLoaded } from './pool/executor-place.ts';
import { taskHost } from './pool/worker/running-task.ts';
import type { Cancellation } from './pool/worker/task-cancellation.ts';

export { inline } from './tasks/inline.ts';
export type { IterateOptions } from './tasks/iterate-options.ts';
export type { GeneratorTask, TaskItem, TaskOf } from './tasks/generator-task.ts';
export type { Task, TaskResult } from './tasks/task.ts';
export type { TaskOptions } from './tasks/task-options.ts';
export { tasks } from './tasks/task-makers.ts';
export type { TaskMakers } from './tasks/task-makers.ts';
export { transferable } from './tasks/transferable.ts';
export type { Outcome } from './base/outcome.ts';
export type { Current, NestedFuture, NestedIteration };
export type { Cancellation };

/**
 * The cancellation of the running task: `aborted` turns true when the task is cancelled or its time is up. Call it at the beginning
 * of the task and keep the object, which belongs to this task for good.
 *
 * ```ts
 * export function search(grid: Grid): Path | undefined {
 *   const stop = cancellation();
 *   while (!stop.aborted) { … }            // also in a loop that blocks the event loop
 * }
 * export async function load(url: string): Promise<string> {
 *   const response = await fetch(url, { signal: cancellation().signal });
 *   …
 * }
 * ```
 * Outside of an executor, in a unit test for example, `aborted` is always false and `signal` never aborts.
 */
export function cancellation(): Cancellation {
  return taskHost()?.cancellation() ?? never;
}

/**
 * Reports the progress of the running task; `future.progress()` yields it. Call it as often as you like: at most one report is on
 * its way, and the latest replaces those that have not left. The last report always arrives before the result. Outside of an
 * executor it does nothing.
 *
 * @param value any cloneable value; it is copied.
 * @throws the platform's `DataCloneError`, with the path of the part that can't be cloned.
 */
export function report(value: unknown): void {
  taskHost()?.report(value);
}

/**
 * The executor that runs this task, for tasks that submit tasks. Call it before the task first awaits anything, and keep the
 * object: it stays this task's own while other tasks use the thread.
 *
 * ```ts
 * const self = tasks<typeof import('./sort.js')>(import.meta.url);
 *
 * export async function sort(numbers: Float64Array): Promise<void> {       // of a SharedArrayBuffer
 *   if (numbers.length < 10_000) return void numbers.sort();
 *   const middle = numbers.length >>> 1;
 *   await current().join(self.sort(numbers.subarray(0, middle)), self.sort(numbers.subarray(middle)));
 *   merge(numbers, middle);
 * }
 * ```
 * @throws {InvalidTaskError} outside of a task, and while a task module is loaded or set up: a task that the module waited for
 *   could itself wait for this thread.
 */
export function current(): Current {
  const module = moduleBeingLoaded();
  if (module !== undefined)
    throw new InvalidTaskError(
      `current() works only within a task, and ${module} is still being loaded or set up`,
    );
  const calls = taskHost()?.calls();
  if (calls === undefined)
    throw new InvalidTaskError('current() works only within a task that an executor runs');
  return (calls.face ??= new Current(calls)) as Current;
}

const never: Cancellation = {
  aborted: false,
  signal: new AbortController().signal,
  throwIfAborted() {},
};
