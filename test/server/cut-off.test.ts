import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cutOff } from '../../src/server/cut-off.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Answers a request of which so much has come, waits, and tells whether its connection was cut. */
function isCut(complete: boolean | undefined, waitMs: number): boolean {
  const destroy = vi.fn();
  const injected = complete === undefined;
  const told = injected ? { socket: {} } : { socket: { destroy }, complete };
  const request = Object.assign(new EventEmitter(), { resume() {} }, told);
  const response = new EventEmitter();
  for (let times = 0; times < 2; times++) {
    cutOff(request as unknown as IncomingMessage, response as ServerResponse);
  }
  response.emit('finish');
  vi.advanceTimersByTime(waitMs);
  return destroy.mock.calls.length > 0;
}

test('a body that still arrives a second after the answer is cut off', () => {
  expect(isCut(false, 999)).toBe(false);
  expect(isCut(false, 1000)).toBe(true);
});

test('one that has arrived is left alone, and so is what has no connection', () => {
  expect(isCut(true, 10_000)).toBe(false);
  expect(isCut(undefined, 10_000)).toBe(false);
});
