import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import type { Job } from '../../../src/scheduler/job/job.ts';
import { PendingQueue } from '../../../src/scheduler/dispatch/pending-queue.ts';
import type { Each } from '../../support/each.ts';
import { makeJob } from '../make-job.ts';

type Step = Each<'push' | 'unshift', { priority: number }> | Each<'remove', { at: number }>;

const priority = fc.integer({ min: -2, max: 2 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('push' as const, 'unshift' as const), priority }),
    fc.record({ kind: fc.constant('remove' as const), at: fc.nat(20) }),
  ),
  { maxLength: 80, size: 'max' },
);

test('it dispatches like a sorted array: larger priority first, first come first served within one', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const queue = new PendingQueue();
      let model: Job[] = [];
      for (const [id, step] of script.entries()) {
        if (step.kind === 'push') {
          const job = makeJob(id, { priority: step.priority });
          queue.push(job);
          model.push(job);
        } else if (step.kind === 'unshift') {
          const job = makeJob(id, { priority: step.priority });
          queue.unshift(job);
          model.unshift(job);
        } else {
          const [gone] = model.splice(step.at, 1);
          if (gone !== undefined) queue.remove(gone);
        }
        // Sorting is stable: within one priority the order of the array stays.
        model = model.toSorted((a, b) => b.priority - a.priority);
        expect(queue.size).toBe(model.length);
        expect(queue.peek()).toBe(model[0] ?? null);
        expect([...queue].map((job) => job.id)).toEqual(model.map((job) => job.id));
      }
    }),
    { numRuns: 300 },
  );
});

test('what is put back goes before all others of its priority, and not before more urgent ones', () => {
  const queue = new PendingQueue();
  queue.push(makeJob(1, { priority: 1 }));
  queue.push(makeJob(2));
  queue.unshift(makeJob(3));
  expect([...queue].map(({ id }) => id)).toEqual([1, 3, 2]);
});

test('the ends of the range of priorities are in order', () => {
  const queue = new PendingQueue();
  queue.push(makeJob(1, { priority: Number.MIN_SAFE_INTEGER }));
  queue.push(makeJob(2));
  queue.push(makeJob(3, { priority: Number.MAX_SAFE_INTEGER }));
  expect([...queue].map(({ id }) => id)).toEqual([3, 2, 1]);
});
