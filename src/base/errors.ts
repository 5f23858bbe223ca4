import { brand } from './brand.ts';

/**
 * Every error that Millrace itself raises. What a task throws is never wrapped: it arrives as it was thrown.
 *
 * Match on `code` (stable across versions) or with `instanceof`, which knows errors of other copies of the package, too.
 */
export class MillraceError extends Error {
  static {
    brand(this, 'MillraceError');
  }

  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An option has an unknown name, a wrong type or a value out of range. Thrown at once, before anything starts. */
export class InvalidOptionError extends MillraceError {
  static {
    brand(this, 'InvalidOptionError');
  }

  /** The option's name. */
  readonly option: string;
  /** The value that was refused. Not enumerable: printing the error would print a whole registry with it. */
  declare readonly value: unknown;

  constructor(option: string, value: unknown, message: string) {
    super('ERR_MILLRACE_INVALID_OPTION', message);
    this.option = option;
    Object.defineProperty(this, 'value', { value });
  }
}

/** What was submitted is not a task, or its module or export does not exist. */
export class InvalidTaskError extends MillraceError {
  static {
    brand(this, 'InvalidTaskError');
  }

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MILLRACE_INVALID_TASK', message, options);
  }
}

/** Facts that a caller needs to answer for a refusal (an HTTP 503, say). */
export interface Saturation {
  /** The capacity or bound that was hit: tasks, or waiting callers for `maxWaiting`. */
  readonly limit: number;
  /** Tasks admitted and not running when the refusal was made. */
  readonly pending: number;
  /** Expected milliseconds until a place is free; undefined until a run time is known. */
  readonly retryAfterMs: number | undefined;
}

/** No place was to be had: `maxWaitMs` passed, or `maxWaiting` callers were waiting already. The task never ran. */
export class SaturatedError extends MillraceError implements Saturation {
  static {
    brand(this, 'SaturatedError');
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

/** The executor is shutting down or has shut down. Also the reason of what `'cancel'` and `'kill'` end. */
export class ExecutorClosedError extends MillraceError {
  static {
    brand(this, 'ExecutorClosedError');
  }

  constructor(message: string) {
    super('ERR_MILLRACE_CLOSED', message);
  }
}

/** Where a task stood when its time was up. */
export type TaskPhase = 'waiting' | 'pending' | 'running';

/** `timeoutMs` or `deadlineMs` passed. */
export class TaskTimeoutError extends MillraceError {
  static {
    brand(this, 'TaskTimeoutError');
  }

  readonly phase: TaskPhase;

  constructor(message: string, phase: TaskPhase) {
    super('ERR_MILLRACE_TIMEOUT', message);
    this.phase = phase;
  }
}

/** The thread ended while it ran this task (or could not be started at all). `cause` says why, when it is known. */
export class WorkerCrashedError extends MillraceError {
  static {
    brand(this, 'WorkerCrashedError');
  }

  /** The thread's exit code; undefined if it never started. */
  readonly exitCode: number | undefined;
  /** The task's label, undefined if the thread died before it had one. */
  readonly task: string | undefined;
  /** True if the task had returned, and only its result was lost with the thread. */
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

/** A semaphore, channel or rate limiter was closed, or a reservation in a channel was used up. */
export class FlowClosedError extends MillraceError {
  static {
    brand(this, 'FlowClosedError');
  }

  constructor(message: string) {
    super('ERR_MILLRACE_FLOW_CLOSED', message);
  }
}

/**
 * A semaphore was acquired again inside its own `use()`. `stack` says where, and `cause` has the stack of the `use()` that
 * still holds a permit.
 */
export class DeadlockError extends MillraceError {
  static {
    brand(this, 'DeadlockError');
  }

  constructor(message: string, cause: Error) {
    super('ERR_MILLRACE_DEADLOCK', message, { cause });
  }
}

/** An optional package that a part of Millrace needs is missing (`ERR_MILLRACE_PEER_MISSING`) or too old (`…_PEER_VERSION`). */
export class PeerError extends MillraceError {
  static {
    brand(this, 'PeerError');
  }

  /** The package's name. */
  readonly package: string;
  /** Its version; undefined if it is missing. */
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
