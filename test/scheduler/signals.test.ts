import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { Signals } from '../../src/scheduler/signals.ts';
import type { Abortable } from '../../src/scheduler/signals.ts';

const recorder = () => {
  const reasons: unknown[] = [];
  return { reasons, aborted: (reason: unknown) => void reasons.push(reason) };
};

test('a signal shared by many tasks has one listener', () => {
  const signals = new Signals();
  const { signal } = new AbortController();
  const watchers = Array.from({ length: 50 }, recorder);
  for (const watcher of watchers) signals.watch(signal, watcher);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  for (const watcher of watchers) signals.unwatch(signal, watcher);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('all that watch are told once, with the reason itself', () => {
  const signals = new Signals();
  const controller = new AbortController();
  const [a, b] = [recorder(), recorder()];
  signals.watch(controller.signal, a);
  signals.watch(controller.signal, b);
  const reason = { any: 'value' };
  controller.abort(reason);
  controller.abort('again');
  expect(a.reasons).toEqual([reason]);
  expect(a.reasons[0]).toBe(reason);
  expect(b.reasons[0]).toBe(reason);
});

test('who stopped watching is told nothing', () => {
  const signals = new Signals();
  const controller = new AbortController();
  const [a, b] = [recorder(), recorder()];
  signals.watch(controller.signal, a);
  signals.watch(controller.signal, b);
  signals.unwatch(controller.signal, a);
  controller.abort('why');
  expect(a.reasons).toEqual([]);
  expect(b.reasons).toEqual(['why']);
});

test('who is told to stop watching by one that was told before is told nothing', () => {
  const signals = new Signals();
  const controller = new AbortController();
  const second = recorder();
  const first: Abortable = { aborted: () => signals.unwatch(controller.signal, second) };
  signals.watch(controller.signal, first);
  signals.watch(controller.signal, second);
  controller.abort('why');
  expect(second.reasons).toEqual([]);
});

test('unwatching what was never watched does nothing', () => {
  const signals = new Signals();
  expect(() => signals.unwatch(new AbortController().signal, recorder())).not.toThrow();
});
