import type { Executor, Future } from '../index.ts';

/**
 * Of what an executor has admitted, in the order in which it runs, what can't be expected to end in time: going through
 * it, a task is given a share of the workers' time, or given up if what is left is too short for it.
 */
export function hopeless(
  executor: Executor,
  admitted: Iterable<Future<unknown>>,
  withinMs: number,
): Future<unknown>[] {
  const { workers } = executor.stats();
  // Until the first worker is free.
  let aheadMs = (executor.forecast({ priority: Number.MAX_SAFE_INTEGER }).waitMs ?? 0) * workers;
  const given: Future<unknown>[] = [];
  for (const future of admitted) {
    if (future.state !== 'pending') continue;
    const { runMs = 0 } = executor.forecast({ task: future.task });
    if (aheadMs / workers + runMs > withinMs) given.push(future);
    else aheadMs += runMs;
  }
  return given;
}
