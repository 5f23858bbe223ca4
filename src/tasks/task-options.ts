import { abortSignal, checkOptions, integer, milliseconds, nonEmptyString, show } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import { InvalidOptionError } from '../base/errors.ts';
import type { Transferable as NodeTransferable } from 'node:worker_threads';

/** Options of one task: given to `submit()`, or kept with the task by `task.with()`. Times are milliseconds up to 2,147,483,647. */
export interface TaskOptions {
  /** Cancels the task with `signal.reason` when it aborts, wherever the task stands. */
  readonly signal?: AbortSignal;
  /** A safe integer. Tasks with a larger priority run first, equal ones in the order of submission. Default 0. */
  readonly priority?: number;
  /**
   * The most milliseconds that the task may run, from the moment a thread begins it. The first task of a module in a thread begins by
   * loading the module, and that counts: allow for it, or call a function of the module without a limit first. Then the task is
   * rejected with `TaskTimeoutError`, and its thread is terminated unless the task returns within `interruptGraceMs`. Such a task
   * travels alone. Default: no limit.
   */
  readonly timeoutMs?: number;
  /** The most milliseconds from submission to settlement; then the task is rejected with `TaskTimeoutError`. Default: no limit. */
  readonly deadlineMs?: number;
  /** The most milliseconds to wait for a place; then `submit()` rejects with `SaturatedError`. Default: no limit. */
  readonly maxWaitMs?: number;
  /**
   * May Millrace terminate the thread to stop this task? Such a task travels alone. With `true` its signal and deadline do so; with
   * `'when-asked'` only `future.cancel(reason, { interrupt: true })` does. Default false.
   */
  readonly interrupt?: boolean | 'when-asked';
  /** Objects that move to the thread instead of being copied. The caller loses them (they are detached) when the task is sent. */
  readonly transfer?: readonly NodeTransferable[];
  /** How often the task may run again after its thread crashed while running it, an integer of at least 0. Default 0. */
  readonly retries?: number;
  /** A name for reports and errors, a string that is not empty. Default: the function's name. */
  readonly label?: string;
}

export const taskOptionChecks: OptionChecks<TaskOptions> = {
  signal: abortSignal,
  priority: integer(Number.MIN_SAFE_INTEGER),
  timeoutMs: milliseconds,
  deadlineMs: milliseconds,
  maxWaitMs: milliseconds,
  interrupt(option, value) {
    if (typeof value === 'boolean' || value === 'when-asked') return;
    const message = `${option} must be a boolean or 'when-asked', not ${show(value)}`;
    throw new InvalidOptionError(option, value, message);
  },
  transfer(option, value) {
    if (!Array.isArray(value)) {
      throw new InvalidOptionError(
        option,
        value,
        `transfer must be an array of transferable objects, not ${show(value)}`,
      );
    }
  },
  retries: integer(0),
  label: nonEmptyString,
};

/** The options of a task without options; shared, so that the common case allocates nothing. */
export const noOptions: TaskOptions = Object.freeze({});

/**
 * A checked copy without the options that are undefined.
 *
 * @throws {InvalidOptionError} naming the option and its value.
 */
export function validateTaskOptions(options: TaskOptions): TaskOptions {
  return checkOptions('task option', options, taskOptionChecks);
}
