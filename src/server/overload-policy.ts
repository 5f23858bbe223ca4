import { ExecutorClosedError, TaskTimeoutError } from '../index.ts';
import type { Executor, Future, Task, TaskOptions } from '../index.ts';
import { asTask } from '../tasks/task.ts';
import { AdmittedWork } from './admitted-work.ts';
import type { ResolvedGateOptions } from './gate-options.ts';
import { hopeless } from './hopeless.ts';
import { Interrupts } from './interrupts.ts';
import { full, saturated, tooLate } from './refusal.ts';
import { priorityOf } from './request-options.ts';
import type { RequestClass } from './request-options.ts';

/**
 * Decides which work an executor takes, by its class and by the time that is left for it. Knows nothing of HTTP.
 *
 * ```
 * open → closing      nothing is admitted any more
 * ```
 */
export class OverloadPolicy {
  readonly executor: Executor;
  readonly options: ResolvedGateOptions;
  /** For tasks that run on though nobody waits for them. */
  readonly interrupts: Interrupts;
  /** How many requests and tasks were refused, or gave up their place. */
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
   * Why work of this class would be refused now; null if it would be admitted. For looking before a body is read: what is
   * handed in is looked at again.
   */
  refusal(requestClass: RequestClass, leftMs: number, task?: Task<unknown>): Error | null {
    if (this.#closing) return new ExecutorClosedError('the server is shutting down');
    const late = tooLate(this.executor, requestClass, leftMs, task);
    if (late !== null) return late;
    const isFull = this.executor.forecast().unsettled >= this.executor.capacity;
    return isFull && this.#work.below(requestClass).next().done === true ? full(this.executor) : null;
  }

  /**
   * Admits a task of a request that has so much time left.
   *
   * @param options laid over the task's own; the gate adds what is its concern: the priority of the class, the deadline
   *   if the task has no shorter one, whether its thread may be ended.
   * @throws {SaturatedError | TaskTimeoutError | ExecutorClosedError} when it is refused, and what `trySubmit` throws.
   */
  admit<R>(requestClass: RequestClass, leftMs: number, task: Task<R>, options: TaskOptions): Future<R> {
    if (leftMs <= 0)
      throw new TaskTimeoutError('the deadline had passed before the task was submitted', 'waiting');
    const own = asTask(task).with(options);
    const deadlineMs = Math.min(leftMs, own.options.deadlineMs ?? Infinity);
    const refusal = this.refusal(requestClass, deadlineMs, own);
    if (refusal !== null) throw refusal;
    for (const victim of this.executor.inTheWayOf(own, this.#work.below(requestClass)) ?? []) {
      victim.cancel(saturated(this.executor, 'made room for a request that matters more'));
    }
    const future = this.executor.trySubmit(own, {
      priority: priorityOf(requestClass, own.options.priority ?? 0),
      deadlineMs,
      interrupt: this.options.onDisconnect === 'interrupt' && 'when-asked',
    });
    if (future === null) throw full(this.executor);
    this.#work.add(requestClass, future);
    return future;
  }

  /**
   * Stops admission. What can't be expected to end within `closeMs` is cancelled now, what has not ended by then is
   * cancelled then; both are answered with 503. Resolves when no work is left; the executor stays as it is.
   */
  close(): Promise<void> {
    const closed = this.#work.none();
    if (this.#closing) return closed;
    this.#closing = true;
    const { closeMs } = this.options;
    for (const future of hopeless(this.executor, this.#work.all(), closeMs)) {
      future.cancel(new ExecutorClosedError('the server is shutting down'));
    }
    const timer = setTimeout(() => {
      for (const future of this.#work.all())
        future.cancel(new ExecutorClosedError('the server has shut down'));
    }, closeMs);
    return closed.finally(() => clearTimeout(timer));
  }
}
