import { SaturatedError } from '../index.ts';
import type { Executor, Task } from '../index.ts';
import { priorityOf } from './request-options.ts';
import type { RequestClass } from './request-options.ts';

/**
 * Factor on the forecast wait, for safety. A task that is admitted in vain costs its client the whole deadline; a task that is
 * refused too early costs little, because other tasks are in the queue.
 */
const caution = 1.5;

/**
 * The reason why a task of this class can't be expected to end before its deadline; null if it can. Always null while a worker is
 * idle: a wrong forecast must not keep out the very task that would correct it.
 *
 * @param task undefined while unknown: the run time is then the mean of all tasks.
 */
export function tooLate(
  executor: Executor,
  requestClass: RequestClass,
  leftMs: number,
  task: Task<unknown> | undefined,
): SaturatedError | null {
  const priority = priorityOf(requestClass, 0);
  const { waitMs = 0, runMs = 0 } = executor.forecast(task === undefined ? { priority } : { priority, task });
  if (waitMs === 0 || waitMs * caution + runMs <= leftMs) return null;
  const expected = `to wait ${Math.ceil(waitMs)} ms, 1.5 times that for safety, and to run ${Math.ceil(runMs)} ms`;
  const message = `expected ${expected}, with ${Math.floor(leftMs)} ms left`;
  return saturated(executor, message, waitMs);
}

export function full(executor: Executor): SaturatedError {
  const message = `all ${executor.capacity} places are taken, or the arguments fill maxPendingBytes`;
  return saturated(executor, message);
}

/** @param retryAfterMs default: the forecast time until all admitted tasks have begun. */
export function saturated(
  executor: Executor,
  message: string,
  retryAfterMs: number | undefined = executor.forecast({ priority: Number.MIN_SAFE_INTEGER }).waitMs,
): SaturatedError {
  const { unsettled } = executor.forecast();
  return new SaturatedError(message, { limit: executor.capacity, pending: unsettled, retryAfterMs });
}
