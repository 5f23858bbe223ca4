import fc from '../support/fast-check.ts';
import { vi } from 'vitest';
import type { ShutdownMode } from '../../src/scheduler/lifecycle.ts';
import type { Each } from '../support/each.ts';
import type { Ground } from './laws.ts';

/** What may happen; each index is taken modulo what there is at that moment. */
export type Event =
  | Each<'submit' | 'trySubmit', { bytes: number; priority: number; retries: number }>
  | Each<'submitWithSignal', { signal: number }>
  | Each<'call', { bytes: number; priority: number; retries: number; at: number; tellAdmitted: boolean }>
  | Each<
      | 'cancel'
      | 'abort'
      | 'boot'
      | 'claim'
      | 'finish'
      | 'hold'
      | 'flush'
      | 'fail'
      | 'crash'
      | 'park'
      | 'hear'
      | 'endParked'
      | 'yield'
      | 'report'
      | 'read'
      | 'leave',
      { at: number }
    >
  | Each<'iterate', { window: number; retries: number }>
  | Each<'tick' | 'pass'>
  | Each<'shutdown', { mode: ShutdownMode }>;

const at = fc.nat(30);
const bytes = fc.constantFrom(0, 0, 10, 60, 100, 150);
const priority = fc.constantFrom(0, 0, 0, 1, 2);
const retries = fc.constantFrom(0, 0, 1);
/** One of these kinds, each as often as it is named. */
const one = <K extends Event['kind']>(...kinds: K[]) =>
  fc.record({ kind: fc.constantFrom(...kinds), at }) as fc.Arbitrary<Extract<Event, { kind: K; at: number }>>;

const what = {
  submission: fc.record({
    kind: fc.constantFrom('submit' as const, 'trySubmit' as const),
    bytes,
    priority,
    retries,
  }),
  withSignal: fc.record({ kind: fc.constant('submitWithSignal' as const), signal: fc.nat(1) }),
  call: fc.record({
    kind: fc.constant('call' as const),
    at,
    // Less than none: they can't be cloned.
    bytes: fc.oneof({ weight: 5, arbitrary: bytes }, fc.constant(-1)),
    priority,
    retries,
    tellAdmitted: fc.boolean(),
  }),
  waiting: one('boot', 'claim', 'claim', 'claim', 'park', 'park', 'hear', 'hear', 'endParked', 'finish'),
  iteration: fc.record({
    kind: fc.constant('iterate' as const),
    window: fc.constantFrom(1, 2, 5),
    retries,
  }),
  /** Of generators and their readers. */
  reading: one('yield', 'yield', 'yield', 'park', 'park', 'read', 'read', 'read', 'hear', 'leave', 'report'),
  work: one('boot', 'claim', 'finish', 'hold', 'flush'),
  trouble: one('cancel', 'abort', 'fail', 'crash'),
  crash: one('crash'),
  tick: fc.record({ kind: fc.constant('tick' as const) }),
  pass: fc.record({ kind: fc.constant('pass' as const) }),
  shutdown: fc.record({
    kind: fc.constant('shutdown' as const),
    mode: fc.constantFrom('drain' as const, 'cancel' as const, 'kill' as const),
  }),
};

export function events(weights: Partial<Record<keyof typeof what, number>>): fc.Arbitrary<Event[]> {
  const weighted = Object.entries(weights).map(([name, weight]) => ({
    weight,
    arbitrary: what[name as keyof typeof what] as fc.Arbitrary<Event>,
  }));
  return fc.array(fc.oneof(...weighted), { minLength: 10, maxLength: 80, size: 'max' });
}

export const bounds = fc
  .record({
    workers: fc.integer({ min: 1, max: 3 }),
    minWorkers: fc.nat(3),
    idleTimeoutMs: fc.constantFrom(0, 50, 150, Infinity),
    maxPending: fc.integer({ min: 0, max: 4 }),
    maxPendingBytes: fc.constant(100),
    maxWaiting: fc.constantFrom(0, 2, Infinity),
    cores: fc.constantFrom(1, 2, Infinity),
    maxTasksPerWorker: fc.constantFrom(1, 3, Infinity),
  })
  .map((given) => ({ ...given, minWorkers: Math.min(given.minWorkers, given.workers) }));

export async function play(ground: Ground, event: Event): Promise<void> {
  if (event.kind === 'submit' || event.kind === 'trySubmit') {
    ground.submit(event.kind, event, event.bytes);
  } else if (event.kind === 'submitWithSignal') {
    ground.submit('submit', { signal: ground.controller(event.signal).signal }, 0);
  } else if (event.kind === 'call') ground.call(event, event.bytes, event.at, event.tellAdmitted);
  else if (event.kind === 'tick') await ground.harness.tick();
  else if (event.kind === 'pass') vi.advanceTimersByTime(100);
  else if (event.kind === 'shutdown') ground.shutdown(event.mode);
  else if (event.kind === 'iterate') ground.readers.open(event.window, event.retries);
  else if (event.kind === 'read') ground.readers.read(event.at);
  else if (event.kind === 'leave') ground.readers.leave(event.at);
  else if (event.kind === 'cancel') ground.cancel(event.at);
  else if (event.kind === 'abort') ground.abort(event.at);
  else ground.drive(event.kind, event.at);
}

/**
 * `MILLRACE_EXPLORE=minutes` lets each model play new scripts for so long. Else what a busy machine has not played by then is left
 * out; and a failure is told, which the shrinking of it would otherwise outlast.
 */
const minutes = Number(process.env['MILLRACE_EXPLORE'] ?? 0);
export const exploring: { numRuns?: number; interruptAfterTimeLimit?: number } =
  minutes === 0
    ? { interruptAfterTimeLimit: 80_000 }
    : { numRuns: 1_000_000, interruptAfterTimeLimit: minutes * 60_000 };
export const timeoutMs: number = 120_000 + minutes * 90_000;
