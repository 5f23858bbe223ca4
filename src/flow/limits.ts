import { checkOptions, integer, milliseconds, positive } from '../base/options.ts';
import { availableWorkers } from '../host/available-workers.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import type { AdaptiveLimitOptions } from './adaptive-limit.ts';
import { openFileFacts, operationsWithin } from '../host/open-files.ts';

/**
 * A limit for computations: `availableWorkers()`, the number of CPUs that this process may use.
 *
 * One computation keeps one CPU busy. More computations don't finish sooner: they take turns, each is slower, and all of them
 * hold memory meanwhile.
 *
 * @returns an integer of at least 1. Never throws.
 */
export function cpu(): number {
  return availableWorkers();
}

export interface FileDescriptorOptions {
  /** Descriptors to leave for everything else: sockets, logs, libraries. An integer of at least 0. Default 64. */
  readonly headroom?: number;
  /** Descriptors that one operation holds at a time, an integer of at least 1. Default 1; copying a file takes 2. */
  readonly each?: number;
}

/**
 * A limit for operations on open files: the descriptors that `ulimit -n` allows this process, less those open now, less
 * `headroom`, divided by `each`.
 *
 * One operation more fails with EMFILE, and so does any other code that needs a descriptor then: a connection, a log, a module.
 *
 * A ceiling, not advice: Node runs file operations in `UV_THREADPOOL_SIZE` threads (4), so a few times as many operations keep a
 * disk busy. Windows does not tell how many descriptors are open: there they count as 0 of 8,192. If the system sets no limit, it
 * counts as 1,048,576.
 *
 * @returns an integer of at least 1.
 * @throws {InvalidOptionError}
 */
export function fileDescriptors(options: FileDescriptorOptions = {}): number {
  const { headroom = 64, each = 1 } = checkOptions('fileDescriptors option', options, descriptorChecks);
  return operationsWithin(openFileFacts(), headroom, each);
}

/**
 * A limit for queries: the number of connections in the pool.
 *
 * One query more does not run: it waits inside the pool, unseen, and its wait counts against the pool's own timeout.
 *
 * @param poolSize connections in the pool, an integer of at least 1.
 * @throws {InvalidOptionError}
 */
export function connections(poolSize: number): number {
  integer(1)('poolSize', poolSize);
  return poolSize;
}

export interface NetworkOptions {
  /** Hosts that share the calls, an integer of at least 1. Default 1. No effect beside `perSecond`, which is for all hosts. */
  readonly hosts?: number;
  /** Calls per second that the service can take or allows, above 0; needs `latencyMs`. */
  readonly perSecond?: number;
  /** Time of one call without a queue, in milliseconds, above 0; needs `perSecond`. */
  readonly latencyMs?: number;
}

/**
 * A limit for calls over the network.
 *
 * With `perSecond` and `latencyMs`, Little's law: calls in flight = calls per second × seconds per call. Fewer calls don't reach that
 * rate, and more only wait at the service. (J. D. C. Little, A Proof for the Queuing Formula L = λW, Operations Research 9(3), 1961.)
 *
 * Without them, 6 for each host, as in browsers: enough to hide the round trip, and no server takes it for an attack. When more is
 * at stake, measure, or let `adaptive()` find the limit.
 *
 * @returns an integer of at least 1.
 * @throws {InvalidOptionError} also if only one of `perSecond` and `latencyMs` is given.
 */
export function network(options: NetworkOptions = {}): number {
  const { hosts = 1, perSecond, latencyMs } = checkOptions('network option', options, networkChecks);
  if (perSecond === undefined && latencyMs === undefined) return safe(6 * hosts);
  positive('perSecond', perSecond);
  milliseconds('latencyMs', latencyMs);
  return safe(Math.ceil(((perSecond as number) * (latencyMs as number)) / 1000));
}

/** At most the largest safe integer, which every limit accepts: a product of large options may be more. */
function safe(limit: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, limit));
}

/**
 * A limit that adapts, for a service of unknown capacity: another team's service, a disk behind a network. See `AdaptiveLimit`.
 *
 * @throws {InvalidOptionError}
 */
export function adaptive(options: AdaptiveLimitOptions = {}): AdaptiveLimit {
  return new AdaptiveLimit(options);
}

const descriptorChecks = { headroom: integer(0), each: integer(1) };
const networkChecks = { hosts: integer(1), perSecond: positive, latencyMs: milliseconds };
