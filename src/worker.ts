import { InvalidTaskError } from './base/errors.ts';
import { Current } from './pool/worker/nested/current.ts';
import type { NestedFuture, NestedOutcome } from './pool/worker/nested/nested-future.ts';
import { moduleBeingLoaded } from './pool/executor-place.ts';
import { taskHost } from './pool/worker/running-task.ts';
import type { Cancellation } from './pool/worker/task-cancellation.ts';

export { inline } from './tasks/inline.ts';
export type { Task, TaskResult } from './tasks/task.ts';
export type { TaskOptions } from './tasks/task-options.ts';
export { tasks } from './tasks/task-makers.ts';
export type { TaskMakers } from './tasks/task-makers.ts';
export { transferable } from './tasks/transferable.ts';
export type { Current, NestedFuture, NestedOutcome };
export type { Cancellation };

/**
 * Has the running task been cancelled, or is its time up? Ask at the beginning of the task and keep the answer: it stays
 * this task's.
 *
 * ```ts
 * export function search(grid: Grid): Path | undefined {
 *   const stop = cancellation();
 *   while (!stop.aborted) { … }            // a loop that gives the event loop no turn
 * }
 * export async function load(url: string): Promise<string> {
 *   const response = await fetch(url, { signal: cancellation().signal });
 *   …
 * }
 * ```
 * Outside of an executor, in a unit test for example, nothing is ever cancelled.
 */
export function cancellation(): Cancellation {
  return taskHost()?.cancellation() ?? never;
}

/**
 * Tells how far the running task has come: `future.progress()` yields it. Call it as often as you like: at most one
 * report is on its way, and the next one to leave is the latest. The last one always arrives before the result.
 *
 * @param value is cloned.
 * @throws the platform's `DataCloneError`, with the path of what can't be cloned.
 */
export function report(value: unknown): void {
  taskHost()?.report(value);
}

/**
 * The executor that runs this task, for tasks that submit tasks. Ask before the task first waits for anything: from then on it is
 * known, and what it asks for here is its own, also while others have its thread.
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
 * @throws {InvalidTaskError} outside of a task, and while a task module is loaded or set up: what it waited for could be
 *   waiting for its thread.
 */
export function current(): Current {
  const module = moduleBeingLoaded();
  if (module !== undefined)
    throw new InvalidTaskError(
      `current() is for tasks that run, and ${module} is still being loaded or set up`,
    );
  const calls = taskHost()?.calls();
  if (calls === undefined) throw new InvalidTaskError('current() is for tasks that an executor runs');
  return (calls.face ??= new Current(calls)) as Current;
}

const never: Cancellation = {
  aborted: false,
  signal: new AbortController().signal,
  throwIfAborted() {},
};
