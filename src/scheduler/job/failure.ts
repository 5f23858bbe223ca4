import { ExecutorClosedError, SaturatedError, TaskTimeoutError } from '../../base/errors.ts';

/**
 * Why a task did not succeed:
 *
 * - `threw`: the task threw, or its arguments or its result can't be cloned.
 * - `timeout`, `deadline`: `timeoutMs` or `deadlineMs` had passed.
 * - `signal`: the task's signal was aborted.
 * - `asked`: the program called `future.cancel()`.
 * - `crashed`: the thread ended while it had the task, or no thread could be started.
 * - `left`: the reader left the loop over the results, or the task's parent has ended.
 * - `shutdown`: the executor, or the server in front of it, was shut down.
 * - `saturated`: the executor had no place for the task.
 * - `made-room`: the task was cancelled with a `SaturatedError`, as `millrace/http` does for more important work.
 */
export type FailureReason =
  | 'threw'
  | 'timeout'
  | 'deadline'
  | 'signal'
  | 'asked'
  | 'crashed'
  | 'left'
  | 'shutdown'
  | 'saturated'
  | 'made-room';

/** Why a submission was refused. @param error the error that the caller gets; null for `trySubmit()`. */
export function whyRefused(error: unknown): FailureReason {
  if (error instanceof TaskTimeoutError) return 'deadline';
  if (error instanceof ExecutorClosedError) return 'shutdown';
  return error === null || error instanceof SaturatedError ? 'saturated' : 'crashed';
}

/** Why a caller cancelled a task, as far as the reason of the cancellation tells. */
export function whyAsked(reason: unknown): FailureReason {
  if (reason instanceof SaturatedError) return 'made-room';
  return reason instanceof ExecutorClosedError ? 'shutdown' : 'asked';
}
