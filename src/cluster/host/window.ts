import type { RunTimes } from '../../scheduler/figures/run-times.ts';
import type { TaskTarget } from '../../tasks/task.ts';

/**
 * Run time of the tasks that a host may begin at a time, in milliseconds. If the host dies, the tasks of its window are in doubt: a
 * longer window puts more tasks in doubt, a shorter one asks Redis more often.
 */
const windowMs = 10;

/**
 * Number of tasks, from a position on, to hand to threads at a time: enough to keep all threads busy, or for the run time of the
 * window.
 *
 * @param threads number of the host's threads that other batches do not need.
 */
export function windowSize(
  targets: readonly (TaskTarget | undefined)[],
  from: number,
  threads: number,
  runTimes: RunTimes,
): number {
  let ms = 0;
  let size = 0;
  for (let at = from; at < targets.length; at++) {
    const target = targets[at];
    ms += target === undefined ? 0 : (runTimes.estimate(target) ?? windowMs);
    // One more than run at once: the host asks Redis for the next window while they run.
    if (size > threads && ms > windowMs * threads) break;
    size++;
  }
  return size;
}
