import { SaturatedError } from '../index.ts';
import type { Executor, Task } from '../index.ts';
import { priorityOf } from './request-options.ts';
import type { RequestClass } from './request-options.ts';

/**
 * How much longer than forecast a wait is taken to be. A task that is admitted in vain costs its client the whole
 * deadline; one that is refused too early costs little, since others are in the queue.
 */
const caution = 1.5;

/**
 * Why work of this class can't be expected to end in the time that is left; null if it can. While a worker is idle it always
 * can: a forecast that is wrong must not keep out the very task that would put it right.
 *
 * @param task undefined as long as nobody knows: then it counts as the mean of all.
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
  const expected = `to wait ${Math.ceil(waitMs)} ms, half as long again to be safe, and to run ${Math.ceil(runMs)} ms`;
  const message = `expected ${expected}, with ${Math.floor(leftMs)} ms left`;
  return saturated(executor, message, waitMs);
}

export function full(executor: Executor): SaturatedError {
  const message = `all ${executor.capacity} places are taken, or the room for arguments (maxPendingBytes)`;
  return saturated(executor, message);
}

/** @param retryAfterMs default: when all that is admitted now has begun. */
export function saturated(
  executor: Executor,
  message: string,
  retryAfterMs: number | undefined = executor.forecast({ priority: Number.MIN_SAFE_INTEGER }).waitMs,
): SaturatedError {
  const { unsettled } = executor.forecast();
  return new SaturatedError(message, { limit: executor.capacity, pending: unsettled, retryAfterMs });
}
