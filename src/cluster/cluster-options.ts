import { InvalidOptionError } from '../base/errors.ts';
import {
  callable,
  checkOptions,
  integer,
  milliseconds,
  millisecondsFrom,
  nonEmptyString,
  show,
} from '../base/options.ts';
import type { OptionChecks } from '../base/options.ts';
import type { ExecutorOptions } from '../index.ts';
import { checkRequired, defaultConnectTimeoutMs, queueChecks } from './queue-options.ts';
import type { QueueOptions } from './queue-options.ts';

/** Options of a `ClusterExecutor`. Each host has its own options for threads: see `WorkerHostOptions`. */
export interface ClusterOptions
  extends QueueOptions,
    Pick<
      ExecutorOptions,
      'maxPendingBytes' | 'maxWaiting' | 'name' | 'interruptGraceMs' | 'onUnobservedError'
    > {
  /** Most tasks admitted at a time, the capacity of the executor: an integer of at least 1. Default 4096. */
  readonly maxPending?: number;
  /**
   * The hosts' names of modules, by URL. Default: the name in the nearest package.json and the module's path from there, such as
   * `shop/src/work.js`.
   */
  readonly modules?: Readonly<Record<string, string>>;
  /** Expected run time of one batch, in milliseconds, at least 1. Default 40. */
  readonly batchMs?: number;
  /**
   * Reject waiting tasks with `ClusterError` after `failAfterMs` milliseconds without a host; and with `HostLostError` those that a host
   * which is gone may have begun, after five seconds at the earliest. Default: they wait without end for the next host.
   */
  readonly noHosts?: { readonly failAfterMs: number };
}

type Defaulted =
  | 'maxPending'
  | 'maxPendingBytes'
  | 'maxWaiting'
  | 'name'
  | 'interruptGraceMs'
  | 'batchMs'
  | 'modules'
  | 'connectTimeoutMs';

type ResolvedClusterOptions = ClusterOptions & Required<Pick<ClusterOptions, Defaulted>>;

const checks: OptionChecks<ClusterOptions> = {
  ...queueChecks,
  maxPending: integer(1),
  maxPendingBytes: integer(1),
  maxWaiting: integer(0, true),
  name: nonEmptyString,
  interruptGraceMs: milliseconds,
  onUnobservedError: callable,
  modules(option, value) {
    const isNames =
      typeof value === 'object' &&
      value !== null &&
      !(value instanceof Map) &&
      !Array.isArray(value) &&
      Object.entries(value).every(
        ([url, name]) => URL.canParse(url) && typeof name === 'string' && name !== '',
      );
    if (isNames) return;
    throw new InvalidOptionError(
      option,
      value,
      `${option} must be an object that maps URLs to names, not ${show(value)}`,
    );
  },
  batchMs: millisecondsFrom(1),
  noHosts(option, value) {
    const given = checkOptions('noHosts option', (value ?? {}) as { failAfterMs?: number }, {
      failAfterMs: milliseconds,
    });
    milliseconds(`${option}.failAfterMs`, given.failAfterMs);
  },
  connectTimeoutMs: millisecondsFrom(1),
};

/** @throws {InvalidOptionError} naming the option and its value, but never a secret. */
export function resolveClusterOptions(options: ClusterOptions): ResolvedClusterOptions {
  const given = checkOptions('cluster option', options, checks);
  checkRequired(given);
  return {
    maxPending: 4096,
    maxPendingBytes: 256 * 1024 * 1024,
    maxWaiting: Infinity,
    name: `cluster ${given.queue}`,
    interruptGraceMs: 100,
    batchMs: 40,
    modules: {},
    connectTimeoutMs: defaultConnectTimeoutMs,
    ...given,
  };
}
