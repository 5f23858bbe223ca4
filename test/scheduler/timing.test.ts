import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Unobserved } from '../../src/scheduler/job/unobserved.ts';
import { Bench } from './bench.ts';
import { Future } from '../../src/scheduler/job/future.ts';

let now = 1000;
let bench: Bench;
beforeEach(() => {
  now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  bench = Bench.booted({ workers: 1 });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const timing = (label: string) => Future.of(bench.job(label)).timing;

test('a future tells when it was submitted, began and ended as soon as it has come to that', () => {
  bench.submit('a');
  expect(timing('a')).toEqual({ submittedAt: 1000, startedAt: undefined, endedAt: undefined });
  now = 1010;
  bench.worker(0).claim();
  expect(timing('a')).toEqual({ submittedAt: 1000, startedAt: 1010, endedAt: undefined });
  bench.worker(0).finish('done', { ms: 5 });
  now = 1020;
  expect(timing('a')).toEqual({ submittedAt: 1000, startedAt: 1010, endedAt: 1015 });
});

test('one that is cancelled before it began has ended all the same', () => {
  bench.submit('ab');
  now = 1010;
  bench.cancel('b');
  expect(timing('b')).toEqual({ submittedAt: 1000, startedAt: undefined, endedAt: 1010 });
});

test('one that is cancelled while it runs has ended then, and not when its thread is through', () => {
  bench.submit('a');
  bench.worker(0).claim();
  now = 1010;
  bench.cancel('a');
  const cancelled = { submittedAt: 1000, startedAt: 1000, endedAt: 1010 };
  expect(timing('a')).toEqual(cancelled);
  bench.worker(0).finish('too late', { ms: 50 });
  expect(timing('a')).toEqual(cancelled);
});

test('one whose thread died has ended with it', () => {
  bench.submit('a');
  now = 1010;
  bench.worker(0).claim();
  now = 1020;
  bench.worker(0).end();
  expect(timing('a')).toEqual({ submittedAt: 1000, startedAt: 1010, endedAt: 1020 });
});

test('a failure that nobody read is reported with the times that it had', () => {
  bench.submit('a');
  now = 1010;
  bench.worker(0).claim();
  bench.worker(0).fail('why', { ms: 5 });
  const told: Future<unknown>[] = [];
  const unobserved = new Unobserved((future) => told.push(future));
  unobserved.add(bench.job('a'));
  now = 2000;
  unobserved.flush();
  expect(told[0]).toMatchObject({ state: 'rejected', timing: timing('a') });
});
