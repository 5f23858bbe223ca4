/** The identity of an executor in messages. */
export interface ExecutorIdentity {
  /** The executor's name; several may have the same. */
  readonly name: string;
  /** Unique in its thread: counts up from 1 across all copies of the package. */
  readonly executorId: number;
}

const key = Symbol.for('millrace.executorIds');

/** The next executor's number. */
export function nextExecutorId(): number {
  const shared = globalThis as { [key]?: number };
  const id = (shared[key] ?? 0) + 1;
  shared[key] = id;
  return id;
}
