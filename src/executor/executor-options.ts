import { InvalidOptionError } from '../base/errors.ts';
import { checkOptions, integer, milliseconds, nonEmptyString, show } from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import { availableWorkers } from '../host/available-workers.ts';
import { threadChecks } from '../pool/main/thread-options.ts';
import type { ThreadOptions } from '../pool/main/thread-options.ts';
import type { UnobservedErrorHandler } from '../scheduler/job/unobserved.ts';

/** Options of an executor; all are optional, and all are checked at once. */
export interface ExecutorOptions extends ThreadOptions {
  /** Worker threads, an integer of at least 1. Default `availableWorkers()`. */
  readonly workers?: number;
  /**
   * Tasks admitted beyond one per worker, an integer of at least 0; 0 admits a task only to a free worker. The
   * capacity is `workers + maxPending`.
   *
   * Default 256 for each worker: as much as tiny tasks need for their peak. Empty tasks from a generator, 2 workers, in
   * thousands a second by `maxPending`: 0: 40, 32: 350, 128: 620, 256: 860, 512: 1,180, 1024: 1,140, 4096: 940.
   */
  readonly maxPending?: number;
  /**
   * Bytes of arguments held by tasks that have not started, an integer of at least 1. A larger single task is admitted
   * when nothing else holds any. Default 256 MiB.
   */
  readonly maxPendingBytes?: number;
  /** Callers that may wait in `submit()`; one more is refused with `SaturatedError`. Default unlimited. */
  readonly maxWaiting?: number;
  /** A name for the executor in its own messages. Default `'millrace'`. */
  readonly name?: string;
  /**
   * A thread runs at most so many tasks and is then replaced, an integer of at least 1. Default unlimited. While tasks wait in
   * it for tasks of their own, it runs more.
   */
  readonly maxTasksPerWorker?: number;
  /**
   * Bytes of heap and external memory (buffers) that a thread may hold after a task, garbage not yet collected included; one
   * that holds more gives back the tasks that it has not begun, and is replaced, the replacement started first. An integer of
   * at least 1. Default unlimited. It sees buffers, which `resourceLimits` does not, but no more than a task leaves behind.
   */
  readonly maxBytesPerWorker?: number;
  /** Milliseconds that the `teardown()` hooks of a thread may take before it is ended all the same. Default 5000. */
  readonly teardownTimeoutMs?: number;
  /** Milliseconds between asking a running task to stop and ending its thread. Default 100. */
  readonly interruptGraceMs?: number;
  /** Called once with each failed future that nobody ever read. Default: `process.emitWarning`. */
  readonly onUnobservedError?: UnobservedErrorHandler;
}

type Defaulted =
  | 'workers'
  | 'maxPending'
  | 'maxPendingBytes'
  | 'maxWaiting'
  | 'name'
  | 'maxTasksPerWorker'
  | 'maxBytesPerWorker'
  | 'teardownTimeoutMs'
  | 'interruptGraceMs';

export type ResolvedExecutorOptions = ExecutorOptions & Required<Pick<ExecutorOptions, Defaulted>>;

const checks: OptionChecks<ExecutorOptions> = {
  ...threadChecks,
  workers: integer(1),
  maxPending: integer(0),
  maxPendingBytes: integer(1),
  maxWaiting: integer(0, true),
  name: nonEmptyString,
  maxTasksPerWorker: integer(1, true),
  maxBytesPerWorker: integer(1, true),
  teardownTimeoutMs: milliseconds,
  interruptGraceMs: milliseconds,
  onUnobservedError(option, value) {
    if (typeof value !== 'function')
      throw new InvalidOptionError(option, value, `${option} must be a function, not ${show(value)}`);
  },
};

/** @throws {InvalidOptionError} naming the option and its value. */
export function resolveExecutorOptions(options: ExecutorOptions): ResolvedExecutorOptions {
  const given = checkOptions('executor option', options, checks);
  const workers = given.workers ?? availableWorkers();
  return {
    workers,
    maxPending: 256 * workers,
    maxPendingBytes: 256 * 1024 * 1024,
    maxWaiting: Infinity,
    maxTasksPerWorker: Infinity,
    maxBytesPerWorker: Infinity,
    teardownTimeoutMs: 5000,
    interruptGraceMs: 100,
    name: 'millrace',
    ...given,
  };
}
