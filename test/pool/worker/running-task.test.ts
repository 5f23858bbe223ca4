import type { MessagePort } from 'node:worker_threads';
import { beforeEach, describe, expect, test } from 'vitest';
import { Claims } from '../../../src/pool/wire/claims.ts';
import { RunningTask, taskHost } from '../../../src/pool/worker/running-task.ts';
import type { Reported } from '../../../src/pool/wire/messages.ts';

let sent: unknown[];
let claims: Claims;
let task: RunningTask;
beforeEach(() => {
  sent = [];
  claims = new Claims();
  const port = { postMessage: ({ report }: Reported) => sent.push(...report.values) };
  task = new RunningTask(port as unknown as MessagePort, claims, null as never);
  task.begin(0);
});

describe('reports', () => {
  test('are on their way one at a time, however many are made', () => {
    for (let n = 0; n < 1000; n++) task.report(n);
    expect(sent).toEqual([0]);
    expect(claims.reportTaken()).toBe(true);
    task.resume();
    expect(sent).toEqual([0, 999]);
    expect(claims.reportTaken()).toBe(false);
    task.report('next');
    expect(sent).toEqual([0, 999, 'next']);
  });

  test('that were kept back are dropped when a newer one may leave before them', () => {
    task.report(1);
    task.report(2);
    expect(claims.reportTaken()).toBe(true);
    task.report(3);
    task.resume();
    task.finish();
    expect(sent).toEqual([1, 3]);
  });

  test('that were kept back leave before the result', () => {
    task.report(1);
    task.report(2);
    task.finish();
    expect(sent).toEqual([1, 2]);
    task.report('too late');
    task.resume();
    expect(sent).toEqual([1, 2]);
  });

  test('are what the value was when it was reported', () => {
    const value = { done: 1 };
    task.report(0);
    task.report(value);
    value.done = 2;
    task.finish();
    expect(sent).toEqual([0, { done: 1 }]);
  });

  test('that cannot be cloned leave nothing behind', () => {
    expect(() => task.report(Symbol('no'))).toThrow(/^report: /);
    task.report('yes');
    expect(sent).toEqual(['yes']);
  });
});

test('the thread’s host is found by every copy of the package', () => {
  expect(taskHost()).toBe(task);
  expect((globalThis as never)[Symbol.for('millrace.taskHost')]).toBe(task);
});
