import { InvalidOptionError } from './errors.ts';
import { checkOptions, integer, milliseconds, nonEmptyString, show } from './options.ts';
import type { OptionChecks } from './options.ts';
import { overriddenLimit } from './pool/heap-flags.ts';
import { refusedFlags } from './pool/refused-flags.ts';
import { availableWorkers } from './pool/sizing.ts';
import { dataCloneError } from './pool/uncloneable.ts';
import { encode } from './pool/value-codec.ts';
import type { UnobservedErrorHandler } from './scheduler/unobserved.ts';
import { SHARE_ENV } from 'node:worker_threads';
import type { ResourceLimits, WorkerOptions } from 'node:worker_threads';

/** Options of an executor; all are optional, and all are checked at once. */
export interface ExecutorOptions {
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
  /** The threads' `process.env`, as for `new Worker()`. Default: a copy of this thread's. */
  readonly env?: WorkerOptions['env'];
  /** Node options of the threads, as for `new Worker()`. */
  readonly execArgv?: readonly string[];
  /**
   * Limits of each thread's JavaScript heap and stack, as for `new Worker()`. A thread that reaches the heap's is ended, and its
   * task fails with `WorkerCrashedError`; but V8 ends the whole process if what does not fit is one large piece (a `Map`,
   * `Set` or array that grows large), and buffers and other memory outside the heap don't count. docs/faults.md has a table.
   *
   * Refused if a flag of the process (`--max-old-space-size`, `--max-semi-space-size`, `--max-heap-size`, in `NODE_OPTIONS` too)
   * overrides one that is given; a flag set with `v8.setFlagsFromString` does so unseen.
   */
  readonly resourceLimits?: ResourceLimits;
  /** What task modules find as `workerData` of `node:worker_threads`; cloned to each thread. */
  readonly workerData?: unknown;
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
  workers: integer(1),
  maxPending: integer(0),
  maxPendingBytes: integer(1),
  maxWaiting: integer(0, true),
  name: nonEmptyString,
  env(option, value) {
    if (value === SHARE_ENV) return;
    for (const [name, text] of entriesOf(option, value)) {
      if (typeof text !== 'string')
        refuse(option, value, `${option}.${name} must be a string, not ${show(text)}`);
    }
    const why = refusedFlags({ env: value as NodeJS.ProcessEnv });
    if (why !== undefined) refuse(option, value, `${option} can't be used: ${why}`);
  },
  execArgv(option, value) {
    if (!Array.isArray(value) || !value.every((argument) => typeof argument === 'string')) {
      refuse(option, value, `execArgv must be an array of strings, not ${show(value)}`);
    }
    const why = refusedFlags({ execArgv: value });
    if (why !== undefined) refuse(option, value, `${option} can't be used: ${why}`);
  },
  resourceLimits(option, value) {
    for (const [name, limit] of entriesOf(option, value)) {
      if (!limits.includes(name)) {
        refuse(option, value, `${option} has no '${name}' (known: ${limits.join(', ')})`);
      }
      if (limit !== undefined && !(Number.isFinite(limit) && (limit as number) > 0)) {
        refuse(option, value, `${option}.${name} must be a number above 0, not ${show(limit)}`);
      }
    }
    const why = overriddenLimit(value as ResourceLimits);
    if (why !== undefined) refuse(option, value, `${option} can't hold: ${why}`);
  },
  workerData(option, value) {
    try {
      structuredClone(encode([value]));
    } catch (error) {
      refuse(option, value, `${option} can't be cloned: ${dataCloneError(error, value, option).message}`);
    }
  },
  maxTasksPerWorker: integer(1, true),
  maxBytesPerWorker: integer(1, true),
  teardownTimeoutMs: milliseconds,
  interruptGraceMs: milliseconds,
  onUnobservedError(option, value) {
    if (typeof value !== 'function')
      refuse(option, value, `${option} must be a function, not ${show(value)}`);
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

const limits = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb'];

/** The entries of an object that is no array, Map or the like. */
function entriesOf(option: string, value: unknown): [string, unknown][] {
  if (Object.prototype.toString.call(value) === '[object Object]') return Object.entries(value as object);
  return refuse(option, value, `${option} must be an object, not ${show(value)}`);
}

function refuse(option: string, value: unknown, message: string): never {
  throw new InvalidOptionError(option, value, message);
}
