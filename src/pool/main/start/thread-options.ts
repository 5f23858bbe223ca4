import { SHARE_ENV } from 'node:worker_threads';
import type { ResourceLimits, WorkerOptions } from 'node:worker_threads';
import { InvalidOptionError } from '../../../base/errors.ts';
import { show } from '../../../base/options.ts';
import type { OptionChecks } from '../../../base/options.ts';
import { overriddenLimit } from './heap-flags.ts';
import { refusedFlags } from './refused-flags.ts';
import { dataCloneError } from '../../wire/uncloneable.ts';
import { encode } from '../../wire/value-codec.ts';

/** Options with which each worker thread starts. */
export interface ThreadOptions {
  /** The threads' `process.env`, as for `new Worker()`. Default: a copy of this thread's, made when a thread starts. */
  readonly env?: WorkerOptions['env'];
  /** Node options of the threads, as for `new Worker()`. The constructor refuses options that Node refuses. */
  readonly execArgv?: readonly string[];
  /**
   * Limits of each thread's JavaScript heap and stack in MiB, as for `new Worker()`. A thread that reaches its heap limit ends, and
   * its task fails with `WorkerCrashedError`. But V8 ends the whole process if a single large allocation does not fit (a `Map`,
   * `Set` or array that grows large), and buffers and other memory outside the heap don't count. docs/faults.md has a table.
   *
   * The constructor refuses a limit that a flag of the process overrides (`--max-old-space-size`, `--max-semi-space-size`,
   * `--max-heap-size`, in `NODE_OPTIONS` too). It can't see flags that were set with `v8.setFlagsFromString`.
   */
  readonly resourceLimits?: ResourceLimits;
  /** The `workerData` of `node:worker_threads` that task modules see; cloned to each thread. */
  readonly workerData?: unknown;
}

/** Options of a thread, defaults included, and what else the backend needs. */
export interface ThreadSettings extends ThreadOptions {
  /** The executor's name in messages. */
  readonly name: string;
  readonly workers: number;
  readonly maxBytesPerWorker: number;
  readonly teardownTimeoutMs: number;
  /** May threads poll? Undefined: as long as there are no more than cores. */
  readonly spin?: boolean;
  /** Processors that this process may use. */
  readonly cores: number;
}

export const threadChecks: OptionChecks<ThreadOptions> = {
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
};

const limits = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb'];

/** The entries of an object that is no array, Map or the like. */
function entriesOf(option: string, value: unknown): [string, unknown][] {
  if (Object.prototype.toString.call(value) === '[object Object]') return Object.entries(value as object);
  return refuse(option, value, `${option} must be an object, not ${show(value)}`);
}

function refuse(option: string, value: unknown, message: string): never {
  throw new InvalidOptionError(option, value, message);
}
