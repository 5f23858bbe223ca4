import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/base/errors.ts';
import { limits, Semaphore } from '../../src/flow/index.ts';
import { openFileFacts, operationsWithin, parseLimits } from '../../src/host/open-files.ts';
import { availableWorkers } from '../../src/host/available-workers.ts';

test('cpu is the number of workers', () => {
  expect(limits.cpu()).toBe(availableWorkers());
});

describe('fileDescriptors', () => {
  test('is what the limit leaves, less what is open and the headroom', () => {
    expect(operationsWithin({ limit: 1024, open: 24 }, 100, 1)).toBe(900);
    expect(operationsWithin({ limit: 1024, open: 24 }, 100, 2)).toBe(450);
    expect(operationsWithin({ limit: 1024, open: 24 }, 101, 2)).toBe(449);
  });

  test('is at least one', () => {
    expect(operationsWithin({ limit: 64, open: 60 }, 64, 1)).toBe(1);
  });

  test('is a number that other limits take, on every system', () => {
    const { platform } = process;
    try {
      Object.defineProperty(process, 'platform', { value: 'win32' });
      expect(openFileFacts().limit).toBe(8192);
    } finally {
      Object.defineProperty(process, 'platform', { value: platform });
    }
    const n = limits.fileDescriptors();
    expect(new Semaphore(n).permits).toBe(n);
  });

  test('reads the limit that the system has for this process', () => {
    const text =
      'Limit  Soft Limit  Hard Limit  Units\nMax open files            4096                 8192   files\n';
    expect(parseLimits(text)).toBe(4096);
    expect(parseLimits(text.replace('4096', 'unlimited'))).toBeUndefined();
    const script =
      "import('./dist/flow/index.js').then(({ limits }) => console.log(limits.fileDescriptors({ headroom: 0 })))";
    const command = `ulimit -n 300 && exec "${process.execPath}" -e "${script}"`;
    const found = Number(execFileSync('sh', ['-c', command], { cwd: new URL('../..', import.meta.url) }));
    expect(found).toBeGreaterThan(200);
    expect(found).toBeLessThan(300);
  });

  test('counts what is open now', () => {
    const before = openFileFacts().open;
    const files = Array.from({ length: 10 }, () => openSync('/dev/null', 'r'));
    expect(openFileFacts().open - before).toBe(10);
    for (const file of files) closeSync(file);
    expect(limits.fileDescriptors()).toBeGreaterThanOrEqual(1);
  });

  test('refuses bad options', () => {
    expect(() => limits.fileDescriptors({ headroom: -1 })).toThrow(InvalidOptionError);
    expect(() => limits.fileDescriptors({ each: 0 })).toThrow(InvalidOptionError);
  });
});

test('connections is the size of the pool', () => {
  expect(limits.connections(10)).toBe(10);
  expect(() => limits.connections(0)).toThrow(InvalidOptionError);
});

describe('network', () => {
  test('is six for each host', () => {
    expect([limits.network(), limits.network({ hosts: 3 })]).toEqual([6, 18]);
  });

  test("is Little's law where the rate and the latency are known", () => {
    expect(limits.network({ perSecond: 100, latencyMs: 250 })).toBe(25);
    expect(limits.network({ perSecond: 1.5, latencyMs: 1000 })).toBe(2);
    expect(limits.network({ perSecond: 1, latencyMs: 1 })).toBe(1);
  });

  test('refuses one without the other', () => {
    expect(() => limits.network({ perSecond: 100 })).toThrow(/latencyMs/);
    expect(() => limits.network({ latencyMs: 100 })).toThrow(/perSecond/);
  });
});
