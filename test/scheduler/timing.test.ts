import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Unobserved } from '../../src/scheduler/job/unobserved.ts';
import { Harness } from './harness.ts';
import { Future } from '../../src/scheduler/job/future.ts';

let now = 1000;
let harness: Harness;
beforeEach(() => {
  now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  harness = Harness.booted({ workers: 1 });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const timing = (label: string) => Future.of(harness.job(label)).timing;

test('a future tells when it was submitted, began and ended as soon as it has come to that', () => {
  harness.submit('a');
  expect(timing('a')).toEqual({ submittedAt: 1000, startedAt: undefined, endedAt: undefined });
  now = 1010;
  harness.worker(0).claim();
  expect(timing('a')).toEqual({ submittedAt: 1000, startedAt: 1010, endedAt: undefined });
  harness.worker(0).finish('done', { ms: 5 });
  now = 1020;
  expect(timing('a')).toEqual({ submittedAt: 1000, startedAt: 1010, endedAt: 1015 });
});

test('one that is cancelled before it began has ended all the same', () => {
  harness.submit('ab');
  now = 1010;
  harness.cancel('b');
  expect(timing('b')).toEqual({ submittedAt: 1000, startedAt: undefined, endedAt: 1010 });
});

test('one that is cancelled while it runs has ended then, and not when its thread is through', () => {
  harness.submit('a');
  harness.worker(0).claim();
  now = 1010;
  harness.cancel('a');
  const cancelled = { submittedAt: 1000, startedAt: 1000, endedAt: 1010 };
  expect(timing('a')).toEqual(cancelled);
  harness.worker(0).finish('too late', { ms: 50 });
  expect(timing('a')).toEqual(cancelled);
});

test('one whose thread died has ended with it', () => {
  harness.submit('a');
  now = 1010;
  harness.worker(0).claim();
  now = 1020;
  harness.worker(0).end();
  expect(timing('a')).toEqual({ submittedAt: 1000, startedAt: 1010, endedAt: 1020 });
});

test('a failure that nobody read is reported with the times that it had', () => {
  harness.submit('a');
  now = 1010;
  harness.worker(0).claim();
  harness.worker(0).fail('why', { ms: 5 });
  const told: Future<unknown>[] = [];
  const unobserved = new Unobserved((future) => told.push(future));
  unobserved.add(harness.job('a'));
  now = 2000;
  unobserved.flush();
  expect(told[0]).toMatchObject({ state: 'rejected', timing: timing('a') });
});
