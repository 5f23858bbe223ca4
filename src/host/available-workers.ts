/** The number of worker threads that this process can keep busy. */
import { availableParallelism } from 'node:os';
import { cgroupCpuQuota } from './cgroup.ts';

/**
 * The default number of worker threads: `os.availableParallelism()`, lowered to the container's CPU quota.
 *
 * libuv does that itself since 1.49 (Node 22.12; Node 20 stays at 1.46), in cgroup v2, but not reliably: up
 * to 1.50 it multiplies the quota by `cpu.weight`, which only 1.51 (Node 22.17) dropped; 1.51 ignores a quota
 * below one CPU; of nested quotas 1.51 to 1.52 use the outermost; and cgroup v1 is not found. So this function
 * applies the quota on every Node; where libuv is right that changes nothing. (A value that libuv reports too
 * low, because of the weight, stays too low.) Sources: `uv_available_parallelism` in libuv's src/unix/core.c,
 * `uv__get_constrained_cpu` in src/unix/linux.c, https://github.com/libuv/libuv/issues/4740,
 * https://github.com/nodejs/node/issues/59200.
 *
 * Not cached: a quota can change while the process runs (`docker update`, an in-place resize of a pod), and
 * an executor that starts later should see it. Reading it takes much less time than starting one thread.
 *
 * @returns an integer ≥ 1. Never throws.
 */
export function availableWorkers(): number {
  return workersFor(availableParallelism(), cgroupCpuQuota());
}

/**
 * Rounds a fractional quota down, as libuv does, but never below one thread. Rounding up would let CPU-bound
 * threads spend the quota before its period ends, and then the kernel stops the whole process, main thread
 * included.
 *
 * @internal
 * @param parallelism CPUs that the process may be scheduled on, an integer ≥ 1
 * @param quota CPUs' worth of time that it may use, > 0; undefined for no limit
 */
export function workersFor(parallelism: number, quota: number | undefined): number {
  return Math.max(1, Math.floor(Math.min(parallelism, quota ?? parallelism)));
}
