import { checkOptions, integer, milliseconds, positive } from '../base/options.ts';
import { availableWorkers } from '../host/available-workers.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import type { AdaptiveLimitOptions } from './adaptive-limit.ts';
import { openFileFacts, operationsWithin } from '../host/open-files.ts';

/**
 * How many computations at a time: `availableWorkers()`, the CPUs that this process may use.
 *
 * One computation keeps one CPU busy. More of them don't finish sooner: they take turns, each is slower, and all of them hold
 * memory meanwhile.
 */
export function cpu(): number {
  return availableWorkers();
}

export interface FileDescriptorOptions {
  /** Descriptors left for everything else: sockets, logs, libraries. An integer of at least 0. Default 64. */
  readonly headroom?: number;
  /** Descriptors that one operation holds at a time, an integer of at least 1. Default 1; copying a file takes 2. */
  readonly each?: number;
}

/**
 * How many operations on open files at a time: what `ulimit -n` allows this process, less what is open now, less `headroom`.
 *
 * One more fails with EMFILE, and so does whatever else needs a descriptor then: a connection, a log, a module.
 *
 * A ceiling, not advice: Node runs file operations in `UV_THREADPOOL_SIZE` threads (4), so that a few times as many are enough
 * to keep a disk busy. On Windows, where nobody tells what is open, 8,192 less `headroom`. Where the system sets no limit, as
 * if it were 1,048,576.
 *
 * @returns an integer of at least 1.
 * @throws {InvalidOptionError}
 */
export function fileDescriptors(options: FileDescriptorOptions = {}): number {
  const { headroom = 64, each = 1 } = checkOptions('fileDescriptors option', options, descriptorChecks);
  return operationsWithin(openFileFacts(), headroom, each);
}

/**
 * How many queries at a time: as many as the pool has connections.
 *
 * One more does not run: it waits inside the pool, where its waiting counts against the pool's own timeout and nobody sees it.
 *
 * @param poolSize connections in the pool, an integer of at least 1.
 * @throws {InvalidOptionError}
 */
export function connections(poolSize: number): number {
  integer(1)('poolSize', poolSize);
  return poolSize;
}

export interface NetworkOptions {
  /** Hosts that the calls are spread over, an integer of at least 1. Default 1. Of no effect beside `perSecond`, which is of all. */
  readonly hosts?: number;
  /** Calls a second that the other side can take (or that are allowed), above 0; with `latencyMs`. */
  readonly perSecond?: number;
  /** How long one call takes when there is no queue, in milliseconds; with `perSecond`. */
  readonly latencyMs?: number;
}

/**
 * How many calls over the network at a time.
 *
 * With `perSecond` and `latencyMs`, Little's law: calls in flight = calls a second × seconds a call. Fewer don't reach that rate
 * and more only wait at the other end. (J. D. C. Little, A Proof for the Queuing Formula L = λW, Operations Research 9(3), 1961.)
 *
 * Without, 6 for each host: what browsers have settled on. It hides the round trip, and no server takes it for an attack. When
 * more is at stake, measure, or let `adaptive()` find it.
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

/** What every limit takes: a product of large options may be more. */
function safe(limit: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, limit));
}

/**
 * A limit that finds itself, for what nobody knows the capacity of: another team's service, a disk behind a network. See
 * `AdaptiveLimit`.
 *
 * @throws {InvalidOptionError}
 */
export function adaptive(options: AdaptiveLimitOptions = {}): AdaptiveLimit {
  return new AdaptiveLimit(options);
}

const descriptorChecks = { headroom: integer(0), each: integer(1) };
const networkChecks = { hosts: integer(1), perSecond: positive, latencyMs: milliseconds };
