import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { evictionsFor } from '../../../src/scheduler/admission/evictions.ts';
import { Harness } from '../harness.ts';
import { makeTask } from '../make-job.ts';
import { Future } from '../../../src/scheduler/job/future.ts';

/** An argument of so many bytes. */
const of = (bytes: number): unknown[] => (bytes === 0 ? [] : [new Uint8Array(bytes)]);

test('as few as it takes, none if they would not do, and they are not touched', () => {
  const step = fc.record({ bytes: fc.nat({ max: 120 }), offered: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 8 }),
      fc.boolean(),
      fc.nat({ max: 150 }),
      (steps, runs, bytes) => {
        const { scheduler, backend } = Harness.booted({ workers: 1, maxPending: 3, maxPendingBytes: 100 });
        const { admission } = scheduler;
        const offered: Future<unknown>[] = [];
        for (const each of steps) {
          const job = scheduler.createJob(makeTask('work', {}, of(each.bytes)), {});
          if (!scheduler.tryAdmit(job)) scheduler.unadmitted.refuse(job, null);
          else if (each.offered) offered.push(Future.of(job));
        }
        if (runs && admission.placesTaken > 0) backend.worker(0).claim();
        const before = [admission.placesTaken, admission.bytesTaken];
        const pending = offered.filter(({ state }) => state === 'pending');

        const found = evictionsFor(bytes, offered.map(Future.jobOf), admission);
        expect([admission.placesTaken, admission.bytesTaken]).toEqual(before);
        if (found === null) {
          for (const future of pending) future.cancel();
          expect(admission.tryAdmit(bytes), 'not even without all of them').toBe(false);
          return;
        }
        expect(found).toEqual(pending.slice(0, found.length));
        for (const [index, future] of found.entries()) {
          expect(admission.wouldFit(bytes, 0, 0), `before ${index} is cancelled`).toBe(false);
          future.cancel();
        }
        expect(admission.tryAdmit(bytes)).toBe(true);
      },
    ),
  );
});

test('while a caller waits for a place there is no room for anybody else', () => {
  const harness = Harness.booted({ workers: 1, maxPending: 1 });
  harness.submit('abw');
  harness.worker(0).claim();
  const futures = [Future.of(harness.job('b'))];
  expect(evictionsFor(0, futures.map(Future.jobOf), harness.scheduler.admission)).toBeNull();
});
