import type { Executor, Future } from '../index.ts';

/**
 * The admitted tasks that can't be expected to end in time. Goes through the tasks in the order in which they run, and gives each a
 * share of the workers' time, or gives the task up if the rest is too short for it.
 */
export function unreachable(
  executor: Executor,
  admitted: Iterable<Future<unknown>>,
  withinMs: number,
): Future<unknown>[] {
  const { workers } = executor.stats();
  // Time until the first worker is free.
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
