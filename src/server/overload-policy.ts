import { ExecutorClosedError, TaskTimeoutError } from '../index.ts';
import type { Executor, Future, Task, TaskOptions } from '../index.ts';
import { asTask } from '../tasks/task.ts';
import { insideOf } from '../executor/inside.ts';
import { AdmittedWork } from './admitted-work.ts';
import { publishGateRefusal } from './gate-diagnostics.ts';
import type { GateRefuseMessage } from './gate-diagnostics.ts';
import type { ResolvedGateOptions } from './gate-options.ts';
import { unreachable } from './unreachable.ts';
import { Interrupts } from './interrupts.ts';
import { full, saturated, tooLate } from './refusal.ts';
import { priorityOf } from './request-options.ts';
import type { RequestClass } from './request-options.ts';

interface Refusal {
  readonly why: GateRefuseMessage['why'];
  readonly error: Error;
}

/**
 * Decides which tasks an executor accepts, by their class and the time until their deadline. Independent of HTTP.
 *
 * ```
 * open → closing      admits nothing more
 * ```
 */
export class OverloadPolicy {
  readonly executor: Executor;
  readonly options: ResolvedGateOptions;
  /** Ends the threads of tasks that run on although their request is over. */
  readonly interrupts: Interrupts;
  /** The number of requests and tasks that were refused or evicted, by class. */
  readonly refused: Record<RequestClass, number> = { critical: 0, normal: 0, sheddable: 0 };
  readonly #work = new AdmittedWork();
  #closing = false;

  constructor(executor: Executor, options: ResolvedGateOptions) {
    this.executor = executor;
    this.options = options;
    this.interrupts = new Interrupts(executor.stats().workers);
  }

  get closing(): boolean {
    return this.#closing;
  }

  /**
   * The error with which a task of this class would be refused now; null if it would be admitted. For a check before the body is
   * read: the gate checks again when the task is submitted.
   */
  refusal(requestClass: RequestClass, leftMs: number, task?: Task<unknown>): Error | null {
    return this.#refusal(requestClass, leftMs, task)?.error ?? null;
  }

  /**
   * As `refusal`, but counts and publishes the refusal.
   *
   * @throws the error of the refusal.
   */
  check(requestClass: RequestClass, leftMs: number, task?: Task<unknown>): void {
    const refusal = this.#refusal(requestClass, leftMs, task);
    if (refusal !== null) throw this.#refused(refusal, requestClass, leftMs, task);
  }

  #refusal(requestClass: RequestClass, leftMs: number, task: Task<unknown> | undefined): Refusal | null {
    if (this.#closing)
      return { why: 'closing', error: new ExecutorClosedError('the server is shutting down') };
    const late = tooLate(this.executor, requestClass, leftMs, task);
    if (late !== null) {
      // Perhaps only the boot of a thread makes it too late. Refused tasks start none, so start them here.
      insideOf(this.executor)?.warmUp();
      return { why: 'too-late', error: late };
    }
    const isFull =
      this.executor.forecast().unsettled >= this.executor.capacity &&
      this.#work.below(requestClass).next().done === true;
    return isFull ? { why: 'full', error: full(this.executor) } : null;
  }

  #refused(
    { why, error }: Refusal,
    requestClass: RequestClass,
    leftMs: number,
    task: Task<unknown> | undefined,
  ): Error {
    publishGateRefusal(this.executor, { class: requestClass, why, leftMs, label: task?.label });
    return error;
  }

  /**
   * Admits a task of a request.
   *
   * @param leftMs milliseconds until the request's deadline.
   * @param options override the task's own. The gate adds the priority of the class, the deadline if the task has no shorter one,
   *   and whether the task's thread may be ended.
   * @throws {SaturatedError | TaskTimeoutError | ExecutorClosedError} if the task is refused, and the errors of `trySubmit`.
   */
  admit<R>(requestClass: RequestClass, leftMs: number, task: Task<R>, options: TaskOptions): Future<R> {
    const own = asTask(task).with(options);
    if (leftMs <= 0) {
      const error = new TaskTimeoutError('the deadline passed before the task was submitted', 'waiting');
      throw this.#refused({ why: 'too-late', error }, requestClass, leftMs, own);
    }
    const deadlineMs = Math.min(leftMs, own.options.deadlineMs ?? Infinity);
    this.check(requestClass, deadlineMs, own);
    for (const victim of this.executor.evictionsFor(own, this.#work.below(requestClass)) ?? []) {
      victim.cancel(saturated(this.executor, 'made room for a request that matters more'));
    }
    const future = this.executor.trySubmit(own, {
      priority: priorityOf(requestClass, own.options.priority ?? 0),
      deadlineMs,
      interrupt: this.options.onDisconnect === 'interrupt' && 'when-asked',
    });
    if (future === null) {
      throw this.#refused({ why: 'full', error: full(this.executor) }, requestClass, deadlineMs, own);
    }
    this.#work.add(requestClass, future);
    return future;
  }

  /**
   * Stops admission. Cancels tasks that can't be expected to end within `closeMs` now, and tasks that have not ended by then at
   * that time; both are answered with 503. Resolves when no work is left. Does not shut the executor down.
   */
  close(): Promise<void> {
    const closed = this.#work.none();
    if (this.#closing) return closed;
    this.#closing = true;
    const { closeMs } = this.options;
    for (const future of unreachable(this.executor, this.#work.all(), closeMs)) {
      future.cancel(new ExecutorClosedError('the server is shutting down'));
    }
    const timer = setTimeout(() => {
      for (const future of this.#work.all())
        future.cancel(new ExecutorClosedError('the server has shut down'));
    }, closeMs);
    return closed.finally(() => clearTimeout(timer));
  }
}
