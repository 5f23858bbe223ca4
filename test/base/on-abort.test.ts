import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { offAbort, onAbort } from '../../src/base/on-abort.ts';
import type { Abortable } from '../../src/base/on-abort.ts';

const recorder = () => {
  const reasons: unknown[] = [];
  return { reasons, aborted: (reason: unknown) => void reasons.push(reason) };
};

test('a signal shared by many tasks has one listener', () => {
  const { signal } = new AbortController();
  const watchers = Array.from({ length: 50 }, recorder);
  for (const watcher of watchers) onAbort(signal, watcher);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  for (const watcher of watchers) offAbort(signal, watcher);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('all that watch are told once, with the reason itself', () => {
  const controller = new AbortController();
  const [a, b] = [recorder(), recorder()];
  onAbort(controller.signal, a);
  onAbort(controller.signal, b);
  const reason = { any: 'value' };
  controller.abort(reason);
  controller.abort('again');
  expect(a.reasons).toEqual([reason]);
  expect(a.reasons[0]).toBe(reason);
  expect(b.reasons[0]).toBe(reason);
});

test('who stopped watching is told nothing', () => {
  const controller = new AbortController();
  const [a, b] = [recorder(), recorder()];
  onAbort(controller.signal, a);
  onAbort(controller.signal, b);
  offAbort(controller.signal, a);
  controller.abort('why');
  expect(a.reasons).toEqual([]);
  expect(b.reasons).toEqual(['why']);
});

test('who is told to stop watching by one that was told before is told nothing', () => {
  const controller = new AbortController();
  const second = recorder();
  const first: Abortable = { aborted: () => offAbort(controller.signal, second) };
  onAbort(controller.signal, first);
  onAbort(controller.signal, second);
  controller.abort('why');
  expect(second.reasons).toEqual([]);
});

test('to stop watching what was never watched does nothing', () => {
  expect(() => offAbort(new AbortController().signal, recorder())).not.toThrow();
});
