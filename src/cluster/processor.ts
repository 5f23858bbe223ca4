import type { Job } from 'bullmq';
import { Executor, InvalidOptionError } from '../index.ts';
import type { Task, TaskOptions } from '../index.ts';
import { callable, show } from '../base/options.ts';

/** The function that BullMQ calls for each job. BullMQ passes a signal only to functions of three parameters. */
export type Processor<D, R> = (job: Job<D, R>, token?: string, signal?: AbortSignal) => Promise<R>;

/**
 * A processor for a BullMQ `Worker` that runs each job in an executor's threads, for programs that use BullMQ already:
 *
 * ```ts
 * const worker = new Worker('thumbs', processor(executor, (job: Job<Thumb>) => work.resize(job.data)), {
 *   connection,
 *   concurrency: executor.capacity,
 * });
 * ```
 * - The main thread computes nothing, so BullMQ renews the locks in time: a long job does not count as stalled, and does not run
 *   twice.
 * - `worker.cancelJob(id)` and a lost lock cancel the task, and end its thread if the task was made with `interrupt: true`.
 * - Reports of the task become `job.updateProgress()`; the latest one precedes the result.
 *
 * A job waits in `submit()` while the executor is full. An error of the task fails the job, and so does the reason of a
 * cancellation, as an `Error`; BullMQ decides on further attempts.
 *
 * @param toTask makes the task of a job.
 * @param options override each task's own.
 * @throws {InvalidOptionError} if `executor` is no executor or `toTask` is no function.
 */
export function processor<D, R>(
  executor: Executor,
  toTask: (job: Job<D, R>) => Task<R> | Promise<Task<R>>,
  options: Omit<TaskOptions, 'signal'> = {},
): Processor<D, R> {
  if (!(executor instanceof Executor))
    throw new InvalidOptionError('executor', executor, `executor must be an Executor, not ${show(executor)}`);
  callable('toTask', toTask);
  // Three parameters, or BullMQ passes no signal.
  return async (job, _token, signal) => {
    const task = await toTask(job);
    const future = await executor.submit(task, signal === undefined ? options : { ...options, signal });
    const told = tell(job, future.progress());
    const outcome = await future.outcome();
    await told;
    if (outcome.status === 'fulfilled') return outcome.value;
    throw asError(outcome.reason);
  };
}

/** Makes an `Error` of a reason: BullMQ keeps the message of a failed job, and `cancelJob()` gives a string. */
function asError(reason: unknown): unknown {
  if (reason instanceof Error) return reason;
  return new Error(typeof reason === 'string' ? reason : `The task failed with ${show(reason)}`, {
    cause: reason,
  });
}

/** Passes on reports. Ignores failures: a lost report must not fail the job. */
async function tell<D, R>(job: Job<D, R>, reports: AsyncIterable<unknown>): Promise<void> {
  for await (const report of reports) {
    try {
      await job.updateProgress(report as Parameters<typeof job.updateProgress>[0]);
    } catch {
      // The job was removed, or there is no connection.
    }
  }
}
