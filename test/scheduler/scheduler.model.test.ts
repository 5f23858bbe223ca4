import fc from '../support/fast-check.ts';
import { afterEach, beforeEach, test, vi } from 'vitest';
import { Harness } from './harness.ts';
import { Ground, laws, over } from './laws.ts';
import { bounds, events, exploring, play, timeoutMs } from './script.ts';
import type { Event } from './script.ts';

// The pauses after a worker that could not be started take no time.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function check(script: fc.Arbitrary<Event[]>, isBooted: boolean): Promise<void> {
  await fc.assert(
    fc.asyncProperty(bounds, script, async (options, happening) => {
      const harness = isBooted ? Harness.booted(options) : new Harness(options);
      const ground = new Ground(harness, options);
      for (const event of happening) {
        await play(ground, event);
        laws(ground);
      }
      await ground.finish();
      laws(ground);
      over(ground);
    }),
    { numRuns: 300, ...exploring },
  );
}

test(
  'whatever is submitted, cancelled or crashes: bounded, settled once, conserved, terminal, and nothing hangs',
  async () => {
    const script = {
      submission: 8,
      withSignal: 2,
      work: 10,
      trouble: 4,
      crash: 3,
      tick: 4,
      pass: 2,
      shutdown: 1,
    };
    await check(events(script), false);
  },
  timeoutMs,
);

test(
  'the same of tasks that submit tasks and wait for them',
  async () => {
    const script = {
      submission: 20,
      call: 60,
      waiting: 90,
      work: 20,
      trouble: 3,
      crash: 2,
      tick: 20,
      pass: 2,
      shutdown: 1,
    };
    await check(events(script), true);
  },
  timeoutMs,
);

test(
  'the same of generators, whose readers are slow, stop, leave and cancel',
  async () => {
    const script = {
      submission: 10,
      iteration: 20,
      reading: 80,
      call: 8,
      waiting: 20,
      work: 20,
      trouble: 4,
      crash: 2,
      tick: 15,
      pass: 2,
      shutdown: 1,
    };
    await check(events(script), true);
  },
  timeoutMs,
);
