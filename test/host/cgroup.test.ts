import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { cgroupCpuQuota } from '../../src/host/cgroup.ts';

const roots: string[] = [];

/** A root folder with these files in it. */
function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'cgroup-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const quotaIn = (files: Record<string, string>) => cgroupCpuQuota(tree(files));

const v1 = (folder: string, quota: string, period = '100000\n') => ({
  [`${folder}/cpu.cfs_quota_us`]: quota,
  [`${folder}/cpu.cfs_period_us`]: period,
});

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

describe('cgroup v2', () => {
  const self = { 'proc/self/cgroup': '0::/kubepods/pod1/app\n' };

  test('the quota of the own cgroup is a fraction of CPUs', () => {
    expect(quotaIn({ ...self, 'sys/fs/cgroup/kubepods/pod1/app/cpu.max': '150000 100000\n' })).toBe(1.5);
  });

  test('less than one CPU stays a fraction', () => {
    expect(quotaIn({ ...self, 'sys/fs/cgroup/kubepods/pod1/app/cpu.max': '25000 100000\n' })).toBe(0.25);
  });

  test("'max' is no quota", () => {
    expect(quotaIn({ ...self, 'sys/fs/cgroup/kubepods/pod1/app/cpu.max': 'max 100000\n' })).toBeUndefined();
  });

  test.each([
    ['own', 'kubepods/pod1/app'],
    ['parent', 'kubepods/pod1'],
    ['grandparent', 'kubepods'],
    ['root', ''],
  ])('the smallest quota wins wherever it stands: %s', (_, tightest) => {
    const files = Object.fromEntries(
      ['', 'kubepods', 'kubepods/pod1', 'kubepods/pod1/app'].map((level) => [
        join('sys/fs/cgroup', level, 'cpu.max'),
        level === tightest ? '200000 100000\n' : '600000 100000\n',
      ]),
    );
    expect(quotaIn({ ...self, ...files })).toBe(2);
  });

  test("an ancestor's quota holds below a cgroup with 'max', and below one without the controller", () => {
    expect(
      quotaIn({
        ...self,
        'sys/fs/cgroup/kubepods/pod1/app/cpu.max': 'max 100000\n',
        'sys/fs/cgroup/kubepods/cpu.max': '300000 100000\n',
      }),
    ).toBe(3);
  });

  test('quotas are compared as CPUs, not as microseconds', () => {
    expect(
      quotaIn({
        ...self,
        'sys/fs/cgroup/kubepods/pod1/app/cpu.max': '40000 10000\n',
        'sys/fs/cgroup/kubepods/cpu.max': '100000 100000\n',
      }),
    ).toBe(1);
  });

  test("a sibling's quota does not count", () => {
    expect(
      quotaIn({ ...self, 'sys/fs/cgroup/kubepods/pod1/other/cpu.max': '100000 100000\n' }),
    ).toBeUndefined();
  });

  test('in a cgroup namespace the own cgroup is the mount', () => {
    expect(quotaIn({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': '250000 100000\n' })).toBe(2.5);
  });

  test('a path with colons is read whole', () => {
    expect(
      quotaIn({ 'proc/self/cgroup': '0::/a:/b/c\n', 'sys/fs/cgroup/a:/b/c/cpu.max': '100000 100000\n' }),
    ).toBe(1);
  });

  test('a path that leaves the namespace is not followed out of the mount', () => {
    expect(
      quotaIn({
        'proc/self/cgroup': '0::/../../app\n',
        'sys/app/cpu.max': '100000 100000\n',
        'sys/fs/cgroup/app/cpu.max': '200000 100000\n',
      }),
    ).toBe(2);
  });
});

describe('cgroup v1', () => {
  const self = {
    'proc/self/cgroup': '5:memory:/docker/c1\n4:cpu,cpuacct:/docker/c1\n1:name=systemd:/docker/c1\n',
  };

  test.each(['cpu', 'cpu,cpuacct', 'cpuacct,cpu'])('mounted as %s', (mount) => {
    expect(quotaIn({ ...self, ...v1(`sys/fs/cgroup/${mount}/docker/c1`, '350000\n') })).toBe(3.5);
  });

  test.each(['cpu', 'cpu,cpuacct', 'cpuacct,cpu'])(
    'the line of the controllers %s is the one',
    (controllers) => {
      const files = { 'proc/self/cgroup': `7:${controllers}:/mine\n3:cpuset:/theirs\n2:cpuacct:/theirs\n` };
      const quotas = {
        ...v1('sys/fs/cgroup/cpu/mine', '200000'),
        ...v1('sys/fs/cgroup/cpu/theirs', '100000'),
      };
      expect(quotaIn({ ...files, ...quotas })).toBe(2);
    },
  );

  test('-1 is no quota', () => {
    expect(quotaIn({ ...self, ...v1('sys/fs/cgroup/cpu/docker/c1', '-1\n') })).toBeUndefined();
  });

  test('the smallest of nested quotas wins', () => {
    expect(
      quotaIn({
        ...self,
        ...v1('sys/fs/cgroup/cpu', '-1\n'),
        ...v1('sys/fs/cgroup/cpu/docker', '100000\n', '50000\n'),
        ...v1('sys/fs/cgroup/cpu/docker/c1', '400000\n'),
      }),
    ).toBe(2);
  });

  test("without a namespace the host's path is absent, and the mount is the container", () => {
    expect(quotaIn({ ...self, ...v1('sys/fs/cgroup/cpu,cpuacct', '150000\n') })).toBe(1.5);
  });

  test('a quota without its period is none', () => {
    expect(quotaIn({ ...self, 'sys/fs/cgroup/cpu/docker/c1/cpu.cfs_quota_us': '100000\n' })).toBeUndefined();
  });
});

describe('hybrid', () => {
  const self = { 'proc/self/cgroup': '4:cpu,cpuacct:/docker/c1\n1:name=systemd:/docker/c1\n0::/docker/c1\n' };

  test('the controller is in version 1', () => {
    const files = { 'sys/fs/cgroup/unified/docker/c1/cgroup.procs': '1\n' };
    expect(quotaIn({ ...self, ...files, ...v1('sys/fs/cgroup/cpu/docker/c1', '200000\n') })).toBe(2);
  });

  test('the controller is in version 2, mounted as unified', () => {
    const self = { 'proc/self/cgroup': '1:name=systemd:/docker/c1\n0::/docker/c1\n' };
    expect(quotaIn({ ...self, 'sys/fs/cgroup/unified/docker/c1/cpu.max': '100000 100000\n' })).toBe(1);
  });

  test('with a quota in both the smaller one wins', () => {
    expect(
      quotaIn({
        ...self,
        ...v1('sys/fs/cgroup/cpu/docker/c1', '400000\n'),
        'sys/fs/cgroup/unified/docker/c1/cpu.max': '300000 100000\n',
      }),
    ).toBe(3);
  });
});

describe('what cannot be read is no quota, and no error', () => {
  test('an empty system, as on Windows and macOS', () => {
    expect(quotaIn({})).toBeUndefined();
  });

  test('a root that does not exist, and one that no path can name', () => {
    expect(cgroupCpuQuota(join(tree({}), 'absent'))).toBeUndefined();
    expect(cgroupCpuQuota('\0')).toBeUndefined();
  });

  test('a mounted quota without /proc/self/cgroup', () => {
    expect(quotaIn({ 'sys/fs/cgroup/cpu.max': '100000 100000\n' })).toBeUndefined();
  });

  test.each(['', '\n', '0::\n', '0:/\n', 'nonsense\n', ':::\n', 'x::/\n', '4:cpu\n'])(
    '/proc/self/cgroup: %j',
    (text) => {
      const quotas = { 'sys/fs/cgroup/cpu.max': '100000 100000\n', ...v1('sys/fs/cgroup/cpu', '100000\n') };
      expect(quotaIn({ 'proc/self/cgroup': text, ...quotas })).toBeUndefined();
    },
  );

  const malformed = [
    '',
    '\n',
    '100000',
    'NaN 100000',
    '100000 NaN',
    '1e5 100000',
    '-1 100000',
    '100000 0',
    '0 100000',
  ];
  test.each([...malformed, `${'9'.repeat(400)} 100000`])('cpu.max: %j', (text) => {
    expect(quotaIn({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': text })).toBeUndefined();
  });

  test.each([
    ['', '100000'],
    ['x', '100000'],
    ['-200000', '100000'],
    ['100000', '0'],
    ['100000', ''],
    ['100000', '-1'],
    ['100000', '0x10'],
  ])('cfs quota %j, period %j', (quota, period) => {
    expect(
      quotaIn({ 'proc/self/cgroup': '4:cpu:/\n', ...v1('sys/fs/cgroup/cpu', quota, period) }),
    ).toBeUndefined();
  });

  test('a malformed or unreadable level does not hide the others', () => {
    const root = tree({
      'proc/self/cgroup': 'garbage\n0::/a/b\n',
      'sys/fs/cgroup/a/cpu.max': 'garbage\n',
      'sys/fs/cgroup/cpu.max': '200000 100000\n',
    });
    mkdirSync(join(root, 'sys/fs/cgroup/a/b/cpu.max'), { recursive: true });
    expect(cgroupCpuQuota(root)).toBe(2);
  });
});

test('the real system has a positive quota or none', () => {
  expect(cgroupCpuQuota() ?? 1).toBeGreaterThan(0);
});
