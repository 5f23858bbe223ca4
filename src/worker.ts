import { taskHost } from './pool/running-task.ts';
import type { Cancellation } from './pool/task-cancellation.ts';

export { transferable } from './tasks/transferable.ts';
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

const never: Cancellation = {
  aborted: false,
  signal: new AbortController().signal,
  throwIfAborted() {},
};
