import fc from '../support/fast-check.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Harness } from './harness.ts';
import { Ground, laws, over } from './laws.ts';
import { deeds, Meddler } from './meddler.ts';
import { bounds, events, exploring, play, timeoutMs } from './script.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test(
  'whatever callbacks do to the executor: the books are right at each call, and every law holds',
  async () => {
    const script = events({
      submission: 20,
      iteration: 4,
      reading: 25,
      withSignal: 3,
      call: 10,
      waiting: 20,
      work: 20,
      trouble: 6,
      crash: 3,
      tick: 8,
      pass: 2,
      shutdown: 1,
    });
    const property = fc.asyncProperty(bounds, script, deeds, async (options, happening, list) => {
      const harness = new Harness(options);
      const ground = new Ground(harness, options);
      const meddler = new Meddler(ground, list);
      try {
        for (const event of happening) {
          await play(ground, event);
          meddler.act();
          meddler.check();
          laws(ground);
        }
      } finally {
        meddler.stop();
      }
      await ground.finish();
      meddler.check();
      laws(ground);
      over(ground);
      expect(meddler.bystanders.unanswered, 'waits that did not end').toBe(0);
    });
    await fc.assert(property, { numRuns: 100, ...exploring });
  },
  timeoutMs,
);
