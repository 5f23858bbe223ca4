import { channel } from 'node:diagnostics_channel';
import type { Channel } from 'node:diagnostics_channel';
import type { ExecutorIdentity } from '../../executor-id.ts';
import type { Job } from '../../job/job.ts';
import type { ThreadEnd } from './crash.ts';
import type { News } from '../../transitions.ts';

/**
 * Why a thread ended:
 *
 * - `crashed`: the thread ended by itself, or a task ended it.
 * - `interrupted`: Millrace terminated it to stop a task with `interrupt` or `timeoutMs`, or because code that a task had left
 *   running held it.
 * - `retired`: it had been sent `maxTasksPerWorker` tasks.
 * - `memory`: it held more than `maxBytesPerWorker`.
 * - `idle`: it had nothing to do for `idleTimeoutMs`.
 * - `shutdown`: the executor shut down.
 */
export type WorkerEndReason = 'crashed' | 'interrupted' | 'retired' | 'memory' | 'idle' | 'shutdown';

/** The common part of messages on `millrace:worker:start` and `millrace:worker:end`. */
export interface WorkerMessage {
  /** The executor's name. */
  readonly executor: string;
  /** Tells executors of the same name apart. */
  readonly executorId: number;
  /** The thread's index among the executor's workers, from 0; its successor has the same index. */
  readonly worker: number;
  /** `threadId` of `node:worker_threads`. */
  readonly threadId: number;
}

/** On `millrace:worker:start`, when a thread is up and can take work. */
export interface WorkerStartMessage extends WorkerMessage {
  /** `new`: the first thread with its index. Otherwise why the thread before it ended, or is about to end. */
  readonly why: 'new' | WorkerEndReason;
}

/** On `millrace:worker:end`, when a thread that was up has ended. */
export interface WorkerEndMessage extends WorkerMessage {
  readonly why: WorkerEndReason;
  /** The thread's exit code; 1 if it is not known. */
  readonly exitCode: number;
  /** The error that ended the thread, if it is known. */
  readonly cause: unknown;
  /** The `id` of the task that the thread was executing, also if its future had settled before. */
  readonly taskId: number | undefined;
  /** That task's label. */
  readonly task: string | undefined;
  /** Tasks that were rejected because the thread ended. */
  readonly lost: number;
  /** Tasks that the thread had been sent and that run elsewhere. */
  readonly returned: number;
}

export const workerChannels: Readonly<Record<'start' | 'end', Channel>> = {
  start: channel('millrace:worker:start'),
  end: channel('millrace:worker:end'),
};

/** What became of the jobs that an ended thread had in hand. */
export interface Losses {
  /** Rejected because the thread ended. */
  readonly lost: number;
  /** Settled before, by a cancellation for example. */
  readonly over: number;
  /** Run again elsewhere. */
  readonly returned: number;
}

/** Announces a worker that is up. Call it only if the channel has subscribers. */
export function startNews(
  identity: ExecutorIdentity,
  worker: number,
  threadId: number,
  why: WorkerStartMessage['why'],
): News {
  return news('start', identity, { worker, threadId, why });
}

/** Announces a worker that has ended. @param job the job that the worker was executing. Call it only if the channel has subscribers. */
export function endNews(
  identity: ExecutorIdentity,
  facts: Pick<WorkerEndMessage, 'worker' | 'threadId' | 'why'>,
  { exitCode = 1, cause }: ThreadEnd,
  job: Job | undefined,
  { lost, returned }: Losses,
): News {
  const task = { taskId: job?.id, task: job?.label };
  return news('end', identity, { ...facts, exitCode, cause, ...task, lost, returned });
}

type ExecutorFacts = Pick<WorkerMessage, 'executor' | 'executorId'>;

function news(
  event: 'start' | 'end',
  { name, executorId }: ExecutorIdentity,
  facts: Omit<WorkerStartMessage, keyof ExecutorFacts> | Omit<WorkerEndMessage, keyof ExecutorFacts>,
): News {
  const message = { executor: name, executorId, ...facts };
  return { tell: () => workerChannels[event].publish(message) };
}
