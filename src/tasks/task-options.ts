import { abortSignal, checkOptions, integer, milliseconds, nonEmptyString, show } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import { InvalidOptionError } from '../base/errors.ts';
import type { Transferable as NodeTransferable } from 'node:worker_threads';

/** Options of one task: given to `submit()`, or kept with the task through `task.with()`. */
export interface TaskOptions {
  /** Cancels the task, wherever it stands, with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** An integer, larger first, first come first served within one. Default 0. */
  readonly priority?: number;
  /** Run time in milliseconds, from the moment a thread starts the task. Ends in `TaskTimeoutError`. */
  readonly timeoutMs?: number;
  /** Milliseconds from submission to settlement. Ends in `TaskTimeoutError`. */
  readonly deadlineMs?: number;
  /** Milliseconds to wait for admission. Ends in `SaturatedError`. */
  readonly maxWaitMs?: number;
  /**
   * May the thread be terminated to stop this task? Such a task travels alone. True: its signal and deadline do so by
   * themselves; `'when-asked'`: only `future.cancel(reason, { interrupt: true })` does. Default false.
   */
  readonly interrupt?: boolean | 'when-asked';
  /** What moves to the thread instead of being copied; each is detached when the task is sent. */
  readonly transfer?: readonly NodeTransferable[];
  /** How often the task is run again after its thread crashed under it. Default 0. */
  readonly retries?: number;
  /** A name for reports and errors. Default: the function's name. */
  readonly label?: string;
}

const checks: OptionChecks<TaskOptions> = {
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
      throw new InvalidOptionError(option, value, 'transfer must be an array of transferable objects');
    }
  },
  retries: integer(0),
  label: nonEmptyString,
};

/** What a task without options has; shared, so that the common case allocates nothing. */
export const noOptions: TaskOptions = Object.freeze({});

/**
 * A checked copy without the options that are undefined.
 *
 * @throws {InvalidOptionError} naming the option and its value.
 */
export function validateTaskOptions(options: TaskOptions): TaskOptions {
  return checkOptions('task option', options, checks);
}
