import { brandError } from './brand.ts';
import { legible } from './printable.ts';

/**
 * The base class of the errors that Millrace raises. An error that a task throws is never wrapped: it arrives as it was thrown.
 * Where the platform has a fitting error (`AbortError`, `TimeoutError`, `DataCloneError`), Millrace raises that. A ready-made task
 * throws a plain `Error` or `RangeError` with a `code`.
 *
 * Match on `code`, which begins with `ERR_MILLRACE_` and is stable across versions, or with `instanceof`, which also recognizes
 * errors from other copies of the package.
 */
export class MillraceError extends Error {
  static {
    brandError(this, 'MillraceError');
  }

  /** Begins with `ERR_MILLRACE_`; stable across versions. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    // The message quotes names that users chose: tasks, labels, modules, options.
    super(legible(message), options);
    this.code = code;
  }
}

/**
 * An option or argument has an unknown name, a wrong type or a value out of range. The executor's methods raise it before anything
 * starts; a ready-made task raises it in its thread. `code` is `'ERR_MILLRACE_INVALID_OPTION'`.
 */
export class InvalidOptionError extends MillraceError {
  static {
    brandError(this, 'InvalidOptionError');
  }

  /** The option's name. */
  readonly option: string;
  /** The refused value. Not enumerable, so that printing the error does not print a large object. */
  declare readonly value: unknown;

  constructor(option: string, value: unknown, message: string) {
    super('ERR_MILLRACE_INVALID_OPTION', message);
    this.option = option;
    Object.defineProperty(this, 'value', { value });
  }
}

/** Not a task, a module or export that does not exist, or a call that is not possible here (`'ERR_MILLRACE_INVALID_TASK'`). */
export class InvalidTaskError extends MillraceError {
  static {
    brandError(this, 'InvalidTaskError');
  }

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MILLRACE_INVALID_TASK', message, options);
  }
}

/** Facts about a refusal that the caller can pass on, in an HTTP 503 for example. */
export interface Saturation {
  /** The limit that refused the task: the executor's capacity in tasks, or `maxWaiting` in callers. */
  readonly limit: number;
  /** Tasks that were admitted and not running at the refusal. */
  readonly pending: number;
  /**
   * Expected milliseconds until workers have begun all tasks that were admitted or waiting at the refusal; undefined until a run
   * time is known.
   */
  readonly retryAfterMs: number | undefined;
}

/**
 * The executor had no place for the task: `maxWaitMs` passed, or `maxWaiting` callers were waiting already. The task never ran.
 * `code` is `'ERR_MILLRACE_SATURATED'`.
 */
export class SaturatedError extends MillraceError implements Saturation {
  static {
    brandError(this, 'SaturatedError');
  }

  readonly limit: number;
  readonly pending: number;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, saturation: Saturation) {
    super('ERR_MILLRACE_SATURATED', message);
    this.limit = saturation.limit;
    this.pending = saturation.pending;
    this.retryAfterMs = saturation.retryAfterMs;
  }
}

/**
 * The executor is shutting down or has shut down. Tasks that a shutdown in mode `'cancel'` or `'kill'` ends are cancelled with it
 * as their reason. `code` is `'ERR_MILLRACE_CLOSED'`.
 */
export class ExecutorClosedError extends MillraceError {
  static {
    brandError(this, 'ExecutorClosedError');
  }

  constructor(message: string) {
    super('ERR_MILLRACE_CLOSED', message);
  }
}

/**
 * Where a task stood when it ended early:
 *
 * - `waiting`: in line for a place.
 * - `pending`: admitted, and no thread had begun it.
 * - `running`: a thread had begun it.
 * - `suspended`: it waited in its thread without a place, for tasks that it had submitted or for items of another task.
 */
export type TaskPhase = 'waiting' | 'pending' | 'running' | 'suspended';

/** The task's `timeoutMs` or `deadlineMs` passed. `code` is `'ERR_MILLRACE_TIMEOUT'`. */
export class TaskTimeoutError extends MillraceError {
  static {
    brandError(this, 'TaskTimeoutError');
  }

  /** Where the task stood when its time was up. */
  readonly phase: TaskPhase;

  constructor(message: string, phase: TaskPhase) {
    super('ERR_MILLRACE_TIMEOUT', message);
    this.phase = phase;
  }
}

/**
 * The task's thread ended before the result had arrived, or no thread could be started. `cause` is the error that ended the thread,
 * if it is known. `code` is `'ERR_MILLRACE_WORKER_CRASHED'`.
 */
export class WorkerCrashedError extends MillraceError {
  static {
    brandError(this, 'WorkerCrashedError');
  }

  /** The thread's exit code; undefined if it is not known, or if the thread never started. */
  readonly exitCode: number | undefined;
  /** The task's label; undefined if no thread could be started. */
  readonly task: string | undefined;
  /** True if the task had ended, and only its result was lost with the thread. */
  readonly finished: boolean;

  constructor(
    message: string,
    facts: { exitCode?: number | undefined; task?: string; finished?: boolean; cause?: unknown },
  ) {
    super('ERR_MILLRACE_WORKER_CRASHED', message, facts.cause === undefined ? {} : { cause: facts.cause });
    this.exitCode = facts.exitCode;
    this.task = facts.task;
    this.finished = facts.finished ?? false;
  }
}

/**
 * The host that had this task is gone, or Redis has lost data that it had acknowledged. Whether the task ran to its end is unknown.
 * A task with `retries` left runs again instead. `code` is `'ERR_MILLRACE_HOST_LOST'`.
 */
export class HostLostError extends WorkerCrashedError {
  static {
    brandError(this, 'HostLostError');
  }

  override readonly code: string = 'ERR_MILLRACE_HOST_LOST';
  /** True if the host had reported that the task began; `'unknown'` if it may have begun. */
  readonly begun: true | 'unknown';

  constructor(message: string, facts: { task: string; begun: true | 'unknown'; finished?: boolean }) {
    super(message, facts);
    this.begun = facts.begun;
  }
}

/** Redis can't be reached or is unsuitable, secrets differ, or there is no host (`code` begins with `ERR_MILLRACE_CLUSTER_`). */
export class ClusterError extends MillraceError {
  static {
    brandError(this, 'ClusterError');
  }

  /** Where Redis is, as `host:port/db`; never with a password. */
  readonly redis: string;
  /** The queue's name. */
  readonly queue: string;

  constructor(
    message: string,
    facts: { redis: string; queue: string; cause?: unknown; code?: `ERR_MILLRACE_CLUSTER_${string}` },
  ) {
    const code = facts.code ?? 'ERR_MILLRACE_CLUSTER_REDIS';
    super(code, message, facts.cause === undefined ? {} : { cause: facts.cause });
    this.redis = facts.redis;
    this.queue = facts.queue;
  }
}

/** A semaphore, channel or rate limiter was closed, or a channel's reservation was used up (`'ERR_MILLRACE_FLOW_CLOSED'`). */
export class FlowClosedError extends MillraceError {
  static {
    brandError(this, 'FlowClosedError');
  }

  constructor(message: string) {
    super('ERR_MILLRACE_FLOW_CLOSED', message);
  }
}

/**
 * A semaphore was acquired again inside its own `use()`. `stack` shows where; the stack of `cause` shows the `use()` that still
 * holds a permit. `code` is `'ERR_MILLRACE_DEADLOCK'`.
 */
export class DeadlockError extends MillraceError {
  static {
    brandError(this, 'DeadlockError');
  }

  constructor(message: string, cause: Error) {
    super('ERR_MILLRACE_DEADLOCK', message, { cause });
  }
}

/** An optional package is missing (`'ERR_MILLRACE_PEER_MISSING'`) or too old (`'ERR_MILLRACE_PEER_VERSION'`). */
export class PeerError extends MillraceError {
  static {
    brandError(this, 'PeerError');
  }

  /** The package's name. */
  readonly package: string;
  /** The installed version; undefined if the package is missing. */
  readonly found: string | undefined;
  /** The versions that work, such as `'>=5'`. */
  readonly wanted: string;

  constructor(
    message: string,
    facts: { package: string; found: string | undefined; wanted: string; cause?: unknown },
  ) {
    const code = facts.found === undefined ? 'ERR_MILLRACE_PEER_MISSING' : 'ERR_MILLRACE_PEER_VERSION';
    super(code, message, facts.cause === undefined ? {} : { cause: facts.cause });
    this.package = facts.package;
    this.found = facts.found;
    this.wanted = facts.wanted;
  }
}
