/**
 * The CPU quota of the container that this process runs in, read from the kernel's cgroup files.
 *
 * Standard mount points only: `/sys/fs/cgroup` and, on hybrid systems, its `unified` folder for version 2,
 * one folder per set of controllers for version 1. Reading `/proc/self/mountinfo` as well would find exotic
 * mounts, at the price of a parser for a format with escapes and bind mounts; where the guess is wrong the
 * answer is merely "no quota".
 */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const V2_MOUNTS = ['sys/fs/cgroup', 'sys/fs/cgroup/unified'];
// Some of these link to another, depending on the distribution; reading a file twice changes no minimum.
const V1_MOUNTS = ['sys/fs/cgroup/cpu', 'sys/fs/cgroup/cpu,cpuacct', 'sys/fs/cgroup/cpuacct,cpu'];

/**
 * The smallest CPU quota that applies to this process, in CPUs: 1.5 is a CPU and a half, 0.25 a quarter of
 * one.
 *
 * A quota binds everything below it, so the process's own cgroup counts and each of its ancestors up to the
 * mount, in cgroup v2 (`cpu.max`), v1 (`cpu.cfs_quota_us` and `cpu.cfs_period_us`) and both, on hybrid
 * systems. A level that is absent or malformed is skipped. That also finds the quota in a container without a
 * cgroup namespace, where `/proc/self/cgroup` names a path of the host, and what is mounted is the
 * container's own cgroup.
 *
 * Format and rules: https://docs.kernel.org/admin-guide/cgroup-v2.html and
 * https://docs.kernel.org/scheduler/sched-bwc.html. `cpu.weight`, `cpu.shares` and cpusets are not quotas:
 * the first two only matter under contention, and `os.availableParallelism()` knows the third already. See
 * `availableWorkers()` for the versions of Node that apply the quota themselves, and how well.
 *
 * @param root where `proc` and `sys` are; `/`, except in tests
 * @returns a finite number > 0, or undefined without a quota, outside Linux, or when nothing could be read.
 * Never throws.
 */
export function cgroupCpuQuota(root = '/'): number | undefined {
  const quotas = (read(root, 'proc/self/cgroup') ?? '').split('\n').flatMap((line) => quotasOf(root, line));
  return quotas.length === 0 ? undefined : Math.min(...quotas);
}

/** The quotas along one line, `id:controllers:path`, of `/proc/self/cgroup`; the path may hold colons. */
function quotasOf(root: string, line: string): number[] {
  const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
  if (controllers === undefined || path === undefined) return [];
  // Version 2 is the one hierarchy that names no controllers, whichever of them it has.
  if (controllers === '') return climb(root, V2_MOUNTS, path, quotaV2);
  return controllers.split(',').includes('cpu') ? climb(root, V1_MOUNTS, path, quotaV1) : [];
}

type QuotaReader = (root: string, folder: string) => number | undefined;

/** Reads `path` and each of its ancestors below every mount, the mount itself included. */
function climb(root: string, mounts: readonly string[], path: string, quota: QuotaReader): number[] {
  // A process outside its cgroup namespace's root sees '/../…'; normalizing cuts that off at the mount.
  const segments = posix.normalize(path).split('/').filter(Boolean);
  return mounts.flatMap((mount) => {
    const levels = Array.from({ length: segments.length + 1 }, (_, depth) => segments.slice(0, depth));
    return levels.map((level) => quota(root, join(mount, ...level))).filter((cpus) => cpus !== undefined);
  });
}

/** `cpu.max` is "quota period" in microseconds, the quota 'max' when there is none. */
function quotaV2(root: string, folder: string): number | undefined {
  const [quota, period] = read(root, join(folder, 'cpu.max'))?.trim().split(/\s+/) ?? [];
  return ratio(quota, period);
}

/** Two files, both in microseconds; a quota of -1 is none. */
function quotaV1(root: string, folder: string): number | undefined {
  const quota = read(root, join(folder, 'cpu.cfs_quota_us'));
  // Most of the levels asked for do not exist: one failed read each is enough.
  return quota === undefined
    ? undefined
    : ratio(quota.trim(), read(root, join(folder, 'cpu.cfs_period_us'))?.trim());
}

/** Only whole positive numbers: 'max' and '-1' mean no quota, and anything else is not the kernel's. */
function ratio(quota = '', period = ''): number | undefined {
  if (!/^\d+$/.test(quota) || !/^\d+$/.test(period)) return undefined;
  const cpus = Number(quota) / Number(period);
  return Number.isFinite(cpus) && cpus > 0 ? cpus : undefined;
}

/** Absent, forbidden, a folder: for a default that is only a hint, each means that nothing is there. */
function read(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}
