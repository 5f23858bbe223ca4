import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Executor, FailureReason, TaskFailMessage, WorkerEndMessage } from '../index.ts';

/** Counts failed tasks and ended workers by reason. Neither channel publishes for a task that succeeds. */
export class IncidentCounts {
  /** Counts by executor id, then by reason. */
  readonly failures: ReadonlyMap<number, Map<FailureReason, number>>;
  readonly ends: ReadonlyMap<number, Map<string, number>>;
  readonly #failed = (message: unknown): void => {
    const { executorId, why } = message as TaskFailMessage;
    count(this.failures.get(executorId), why);
  };
  readonly #ended = (message: unknown): void => {
    const { executorId, why } = message as WorkerEndMessage;
    count(this.ends.get(executorId), why);
  };

  constructor(executors: readonly Executor[]) {
    this.failures = new Map(executors.map(({ executorId }) => [executorId, new Map()]));
    this.ends = new Map(executors.map(({ executorId }) => [executorId, new Map()]));
    subscribe('millrace:task:fail', this.#failed);
    subscribe('millrace:worker:end', this.#ended);
  }

  stop(): void {
    unsubscribe('millrace:task:fail', this.#failed);
    unsubscribe('millrace:worker:end', this.#ended);
  }
}

function count<K>(counts: Map<K, number> | undefined, why: K): void {
  counts?.set(why, (counts.get(why) ?? 0) + 1);
}
