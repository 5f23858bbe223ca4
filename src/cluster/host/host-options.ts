import { InvalidOptionError } from '../../base/errors.ts';
import { boolean, callable, checkOptions, integer, millisecondsFrom, show } from '../../base/options.ts';
import type { OptionChecks } from '../../base/options.ts';
import type { ExecutorOptions } from '../../index.ts';
import { checkRequired, defaultConnectTimeoutMs, queueChecks } from '../queue-options.ts';
import type { QueueOptions } from '../queue-options.ts';

/** Options of a host of a cluster: a process whose threads run the tasks of other programs. */
export interface WorkerHostOptions extends QueueOptions {
  /** Task modules: paths or file URLs, alone or as `NAME=PATH`; `millrace/tasks` for the ready-made tasks of this package. */
  readonly tasks: readonly string[];
  /** Also run functions that `inline()` sends as source. Default false. */
  readonly allowInline?: boolean;
  /** Refuse tasks of a module whose file differs from the program's. Default false: the program warns instead. */
  readonly strict?: boolean;
  /** Options of the executor that runs the tasks, without the bounds on waiting tasks, which the host sets. */
  readonly executor?: Omit<ExecutorOptions, 'maxPending' | 'maxPendingBytes' | 'maxWaiting'>;
  /**
   * Milliseconds of silence after which another host takes over this host's batches: an integer of at least 100. Default 15,000.
   * The main thread renews the locks, and computes nothing else.
   */
  readonly lockMs?: number;
  /** Called for problems that belong to no task. Messages contain no arguments and no passwords. Default `process.emitWarning`. */
  readonly onWarning?: (message: string) => void;
}

export type ResolvedHostOptions = WorkerHostOptions &
  Required<Pick<WorkerHostOptions, 'allowInline' | 'strict' | 'lockMs' | 'connectTimeoutMs' | 'onWarning'>>;

const checks: OptionChecks<WorkerHostOptions> = {
  ...queueChecks,
  tasks(option, value) {
    if (Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '')) return;
    throw new InvalidOptionError(option, value, `${option} must be an array of paths, not ${show(value)}`);
  },
  allowInline: boolean,
  strict: boolean,
  executor(option, value) {
    if (typeof value === 'object' && value !== null) return;
    throw new InvalidOptionError(option, value, `${option} must be an object, not ${show(value)}`);
  },
  lockMs: (option, value) => {
    integer(100)(option, value);
    millisecondsFrom(100)(option, value);
  },
  onWarning: callable,
};

/** @throws {InvalidOptionError} naming the option and its value, but never a secret. */
export function resolveHostOptions(options: WorkerHostOptions): ResolvedHostOptions {
  const given = checkOptions('host option', options, checks);
  checkRequired(given);
  checks.tasks('tasks', given.tasks);
  return {
    allowInline: false,
    strict: false,
    lockMs: 15_000,
    connectTimeoutMs: defaultConnectTimeoutMs,
    onWarning: (message) => process.emitWarning(message, 'MillraceClusterWarning'),
    ...given,
  };
}
