import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ShutdownMode } from '../../src/scheduler/scheduler.ts';
import type { Each } from '../support/each.ts';
import { Bench } from './bench.ts';
import { Ground, laws } from './laws.ts';

/** What may happen; each index is taken modulo what there is at that moment. */
type Event =
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
      | 'endParked',
      { at: number }
    >
  | Each<'tick' | 'pass'>
  | Each<'shutdown', { mode: ShutdownMode }>;

const at = fc.nat(30);
const submission = fc.record({
  kind: fc.constantFrom('submit' as const, 'trySubmit' as const),
  bytes: fc.constantFrom(0, 0, 10, 60, 100, 150),
  priority: fc.constantFrom(0, 0, 0, 1, 2),
  retries: fc.constantFrom(0, 0, 1),
});
const call = fc.record({
  kind: fc.constant('call' as const),
  at,
  bytes: fc.constantFrom(0, 0, 10, 60, 100, 150),
  priority: fc.constantFrom(0, 0, 0, 1, 2),
  retries: fc.constantFrom(0, 0, 1),
  tellAdmitted: fc.boolean(),
});
const waiting = fc.record({
  kind: fc.constantFrom(
    'park' as const,
    'park' as const,
    'park' as const,
    'hear' as const,
    'endParked' as const,
  ),
  at,
});
const work = fc.record({
  kind: fc.constantFrom(
    'boot' as const,
    'claim' as const,
    'finish' as const,
    'hold' as const,
    'flush' as const,
  ),
  at,
});
const trouble = fc.record({
  kind: fc.constantFrom('cancel' as const, 'abort' as const, 'fail' as const, 'crash' as const),
  at,
});
const crash = fc.record({ kind: fc.constant('crash' as const), at });
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: submission },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('submitWithSignal' as const), signal: fc.nat(1) }),
    },
    { weight: 10, arbitrary: work },
    { weight: 6, arbitrary: call },
    { weight: 5, arbitrary: waiting },
    { weight: 4, arbitrary: trouble },
    { weight: 3, arbitrary: crash },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('tick' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('shutdown' as const),
        mode: fc.constantFrom('drain' as const, 'cancel' as const, 'kill' as const),
      }),
    },
  ),
  { maxLength: 60, size: 'max' },
);

const bounds = fc.record({
  workers: fc.integer({ min: 1, max: 3 }),
  maxPending: fc.integer({ min: 0, max: 4 }),
  maxPendingBytes: fc.constant(100),
  maxWaiting: fc.constantFrom(0, 2, Infinity),
  maxTasksPerWorker: fc.constantFrom(1, 3, Infinity),
});

async function play(ground: Ground, event: Event): Promise<void> {
  if (event.kind === 'submit' || event.kind === 'trySubmit') {
    ground.submit(event.kind, event, event.bytes);
  } else if (event.kind === 'submitWithSignal') {
    ground.submit('submit', { signal: ground.controller(event.signal).signal }, 0);
  } else if (event.kind === 'call') ground.call(event, event.bytes, event.at, event.tellAdmitted);
  else if (event.kind === 'tick') await ground.bench.tick();
  else if (event.kind === 'pass') vi.advanceTimersByTime(100);
  else if (event.kind === 'shutdown') ground.shutdown(event.mode);
  else if (event.kind === 'cancel') ground.cancel(event.at);
  else if (event.kind === 'abort') ground.abort(event.at);
  else ground.drive(event.kind, event.at);
}

// The pauses after a worker that could not be started take no time.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('whatever is submitted, cancelled or crashes: bounded, settled once, conserved, terminal, and nothing hangs', async () => {
  await fc.assert(
    fc.asyncProperty(bounds, events, async (options, script) => {
      const ground = new Ground(new Bench(options), options);
      for (const event of script) {
        await play(ground, event);
        laws(ground);
      }
      await ground.finish();
      laws(ground);
      for (const record of ground.records) expect(record.settled, `task ${record.job.id}`).toBe(1);
      expect(ground.bench.scheduler.admission).toMatchObject({ placesTaken: 0, bytesTaken: 0, waiting: 0 });
    }),
    { numRuns: 300 },
  );
}, 120_000);
