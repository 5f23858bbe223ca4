import { channel } from 'node:diagnostics_channel';
import type { Channel } from 'node:diagnostics_channel';

/** On `millrace:worker:start`, when a thread is up and can take work; `millrace:worker:end` when such a one has ended. */
export interface WorkerMessage {
  /** The executor's name. */
  readonly executor: string;
  /** `threadId` of `node:worker_threads`. */
  readonly threadId: number;
}

export interface WorkerEndMessage extends WorkerMessage {
  readonly exitCode: number;
  /** The error that ended it, if it is known. */
  readonly cause: unknown;
}

const workerChannels: Readonly<Record<'start' | 'end', Channel>> = {
  start: channel('millrace:worker:start'),
  end: channel('millrace:worker:end'),
};

export function publishWorkerStart(executor: string, threadId: number): void {
  if (!workerChannels.start.hasSubscribers) return;
  workerChannels.start.publish({ executor, threadId } satisfies WorkerMessage);
}

export function publishWorkerEnd(executor: string, threadId: number, exitCode: number, cause: unknown): void {
  if (!workerChannels.end.hasSubscribers) return;
  workerChannels.end.publish({ executor, threadId, exitCode, cause } satisfies WorkerEndMessage);
}
