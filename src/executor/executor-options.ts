import { InvalidOptionError } from '../base/errors.ts';
import {
  boolean,
  callable,
  checkOptions,
  integer,
  milliseconds,
  millisecondsFrom,
  nonEmptyString,
  show,
} from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import { availableWorkers } from '../host/available-workers.ts';
import { threadChecks } from '../pool/main/start/thread-options.ts';
import type { ThreadOptions } from '../pool/main/start/thread-options.ts';
import type { UnobservedErrorHandler } from '../scheduler/job/unobserved.ts';

/** Options of an executor. All are optional; the constructor checks all of them. */
export interface ExecutorOptions extends ThreadOptions {
  /**
   * The most worker threads, an integer of at least 1. Default `availableWorkers()`. A further thread starts when the waiting work is
   * worth its boot: when a task would wait longer than a boot takes, or stands behind a task of unknown length. `ready()` starts all
   * of them at once.
   */
  readonly workers?: number;
  /** Worker threads that start with the executor and never end for being idle: an integer from 0 to `workers`. Default 0. */
  readonly minWorkers?: number;
  /**
   * Milliseconds after which an idle thread beyond `minWorkers` ends, with its teardown: from 0 to 2,147,483,647, or `Infinity`
   * (default). The thread that was idle for longest ends first, one at a time. A thread in which a task waits, for its own tasks or
   * for its reader, is not idle. If work needs a thread again within twice that time, the new thread waits twice as long before it
   * ends, up to eight times as long, so that threads don't come and go with every task.
   */
  readonly idleTimeoutMs?: number;
  /**
   * Tasks admitted beyond one per worker, an integer of at least 0; 0 admits a task only to a free worker. The capacity is
   * `workers + maxPending`. Default 256 for each worker, which tiny tasks need to reach their highest throughput.
   */
  readonly maxPending?: number;
  /**
   * Estimated bytes of arguments that admitted tasks may hold until they start, an integer of at least 1. A task of up to a 4,096th
   * of this bound, and a task with retries left, holds its bytes until it ends. A task larger than the bound is admitted when no
   * other task holds bytes. Default 256 MiB.
   */
  readonly maxPendingBytes?: number;
  /** Callers that may wait for a place, an integer of at least 0 or `Infinity` (default); one more gets `SaturatedError`. */
  readonly maxWaiting?: number;
  /** The executor's name in messages and metrics, a string that is not empty. Default `'millrace'`. */
  readonly name?: string;
  /**
   * The most tasks that a thread runs before it is replaced, an integer of at least 1 or `Infinity` (default). A thread runs more
   * while tasks wait in it for their own tasks.
   */
  readonly maxTasksPerWorker?: number;
  /**
   * Bytes of heap and external memory (buffers) that a thread may hold after a task, uncollected garbage included: an integer of at
   * least 1 or `Infinity` (default). A thread that holds more gives back the tasks that it has not begun, and is replaced; its
   * replacement starts first. Unlike `resourceLimits` this counts buffers, shared ones aside, but only what a task leaves behind.
   */
  readonly maxBytesPerWorker?: number;
  /** Milliseconds that the `teardown()` hooks of a thread may take before it is terminated, from 0 to 2,147,483,647. Default 5,000. */
  readonly teardownTimeoutMs?: number;
  /** Milliseconds between asking a running task to stop and terminating its thread, from 0 to 2,147,483,647. Default 100. */
  readonly interruptGraceMs?: number;
  /**
   * May a thread that has just answered a call which was made alone poll for the next one, for 50 µs, instead of sleeping at once? Calls
   * that are made one by one, or a few at a time, then take less time, and as a rule less CPU. A thread polls only while that pays: while at
   * least half of the calls come so soon, and while no timer, file or socket keeps its event loop alive. Of the executors that one thread
   * has made at most eight threads poll at a time, and one fewer than there are cores. Polling is not part of `workerLoopTimes()`.
   *
   * Default: threads of the main thread's executors poll as long as all of them together are at most `availableWorkers()`; others
   * don't. True: however many threads there are. False: never.
   */
  readonly spin?: boolean;
  /** Called once with each failed future whose outcome the program never read. Default: calls `process.emitWarning()`. */
  readonly onUnobservedError?: UnobservedErrorHandler;
}

type Defaulted =
  | 'workers'
  | 'minWorkers'
  | 'idleTimeoutMs'
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
  minWorkers: integer(0),
  idleTimeoutMs: millisecondsFrom(0, true),
  maxPending: integer(0),
  maxPendingBytes: integer(1),
  maxWaiting: integer(0, true),
  name: nonEmptyString,
  maxTasksPerWorker: integer(1, true),
  maxBytesPerWorker: integer(1, true),
  teardownTimeoutMs: milliseconds,
  interruptGraceMs: milliseconds,
  spin: boolean,
  onUnobservedError: callable,
};

/** @throws {InvalidOptionError} naming the option and its value. */
export function resolveExecutorOptions(options: ExecutorOptions): ResolvedExecutorOptions {
  const given = checkOptions('executor option', options, checks);
  const workers = given.workers ?? availableWorkers();
  const { minWorkers = 0 } = given;
  if (minWorkers > workers) {
    const message = `minWorkers must be at most workers (${workers}), not ${show(minWorkers)}`;
    throw new InvalidOptionError('minWorkers', minWorkers, message);
  }
  return {
    workers,
    minWorkers,
    idleTimeoutMs: Infinity,
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
