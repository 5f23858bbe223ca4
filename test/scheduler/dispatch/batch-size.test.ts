import fc from '../../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { fairShare, fillBatch, travelsAlone } from '../../../src/scheduler/dispatch/batch-size.ts';
import type { BatchLimits } from '../../../src/scheduler/dispatch/batch-size.ts';
import type { Job } from '../../../src/scheduler/job/job.ts';
import { PendingQueue } from '../../../src/scheduler/dispatch/pending-queue.ts';
import type { TaskOptions } from '../../../src/tasks/task-options.ts';
import { makeJob } from '../make-job.ts';

const limits: BatchLimits = { budgetMs: 1, maxJobs: 100, maxBytes: 1000, mayMove: true };

/** A queue of jobs, and a run time for each of them. */
function queueOf(...jobs: [ms: number | undefined, options?: TaskOptions, bytes?: number][]) {
  const queue = new PendingQueue();
  const times = new Map<Job, number | undefined>();
  for (const [index, [ms, options = {}, bytes = 0]] of jobs.entries()) {
    const job = makeJob(index + 1, options, bytes === 0 ? [] : [new Uint8Array(bytes)]);
    times.set(job, ms);
    queue.push(job);
  }
  return { queue, estimate: (job: Job) => times.get(job) };
}

function batches({ queue, estimate }: ReturnType<typeof queueOf>, bounds = limits): string {
  const lines: string[] = [];
  while (queue.size > 0) {
    lines.push(
      fillBatch(queue, bounds, estimate)
        .map(({ id }) => id)
        .join(' '),
    );
  }
  return lines.join(' | ');
}

const moving = (): TaskOptions => ({ transfer: [new ArrayBuffer(1)] });

describe('what travels together', () => {
  test('what moves and may not is left where it is, and nothing gets in front of it', () => {
    const { queue, estimate } = queueOf([0], [0, moving()], [0]);
    const mayNotMove = { ...limits, mayMove: false };
    expect(fillBatch(queue, mayNotMove, estimate).map(({ id }) => id)).toEqual([1]);
    expect(fillBatch(queue, mayNotMove, estimate)).toEqual([]);
    expect(fillBatch(queue, limits, estimate).map(({ id }) => id)).toEqual([2, 3]);
  });

  test('as much as fits into the budget', () => {
    const queue = queueOf([0.4], [0.4], [0.2], [0.4], [0.4]);
    expect(batches(queue)).toMatchInlineSnapshot(`"1 2 3 | 4 5"`);
  });

  test('a function whose run time is unknown travels alone', () => {
    const queue = queueOf([undefined], [undefined], [0.1], [0.1], [undefined], [0.1]);
    expect(batches(queue)).toMatchInlineSnapshot(`"1 | 2 | 3 4 | 5 | 6"`);
  });

  test('a task longer than the budget travels alone', () => {
    expect(batches(queueOf([0.1], [50], [0.1], [0.1]))).toMatchInlineSnapshot(`"1 | 2 | 3 4"`);
  });

  test('a task that may be interrupted or has a timeout travels alone', () => {
    const queue = queueOf([0], [0, { interrupt: true }], [0], [0], [0, { timeoutMs: 5 }], [0]);
    expect(batches(queue)).toMatchInlineSnapshot(`"1 | 2 | 3 4 | 5 | 6"`);
  });

  test('never more than the bound of jobs', () => {
    const queue = queueOf([0], [0], [0], [0], [0]);
    expect(batches(queue, { ...limits, maxJobs: 2 })).toMatchInlineSnapshot(`"1 2 | 3 4 | 5"`);
  });

  test('large arguments travel alone', () => {
    const queue = queueOf([0, {}, 600], [0, {}, 600], [0, {}, 300], [0, {}, 5000], [0, {}, 1]);
    expect(batches(queue)).toMatchInlineSnapshot(`"1 | 2 3 | 4 | 5"`);
  });

  test('a more urgent task goes first, with others behind it', () => {
    const queue = queueOf([0], [0, { priority: 1 }], [0]);
    expect(batches(queue, { ...limits, maxJobs: 2 })).toMatchInlineSnapshot(`"2 1 | 3"`);
  });
});

const jobs = fc.array(
  fc.tuple(
    fc.option(fc.double({ min: 0, max: 2, noNaN: true }), { nil: undefined }),
    fc.record({ priority: fc.integer({ min: 0, max: 2 }), interrupt: fc.boolean() }),
    fc.nat(1500),
  ),
  { minLength: 1, maxLength: 30 },
);

test('a batch is the front of the queue, is never empty and keeps every bound unless it is a single job', () => {
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 5 }), (list, maxJobs) => {
      const { queue, estimate } = queueOf(...list);
      const order = [...queue];
      const sent: Job[] = [];
      while (queue.size > 0) {
        const batch = fillBatch(queue, { ...limits, maxJobs }, estimate);
        expect(batch.length).toBeGreaterThan(0);
        sent.push(...batch);
        if (batch.length === 1) continue;
        expect(batch.length).toBeLessThanOrEqual(maxJobs);
        expect(batch.some((job) => travelsAlone(job) || estimate(job) === undefined)).toBe(false);
        const sum = (of: (job: Job) => number) => batch.reduce((total, job) => total + of(job), 0);
        expect(sum((job) => estimate(job) ?? Infinity)).toBeLessThanOrEqual(limits.budgetMs);
        expect(sum((job) => job.bytes)).toBeLessThanOrEqual(limits.maxBytes);
      }
      expect(sent).toEqual(order);
    }),
  );
});

test('an empty queue fills nothing', () => {
  expect(fillBatch(new PendingQueue(), limits, () => 0)).toEqual([]);
});

describe('a fair share', () => {
  test('is an even part of all that is pending, by batches', () => {
    // Two workers, one of whose batches has just ended.
    expect(fairShare({ queued: 104, unanswered: 410, workers: 2, batchesInFlight: 2, takers: 1 })).toBe(103);
    expect(fairShare({ queued: 10, unanswered: 10, workers: 2, batchesInFlight: 2, takers: 2 })).toBe(3);
  });

  test('leaves to others what they could begin now', () => {
    expect(fairShare({ queued: 6, unanswered: 300, workers: 8, batchesInFlight: 2, takers: 6 })).toBe(1);
    expect(fairShare({ queued: 12, unanswered: 300, workers: 8, batchesInFlight: 2, takers: 6 })).toBe(2);
  });

  test('leaves half of the workers their part of what is queued', () => {
    expect(fairShare({ queued: 200, unanswered: 4850, workers: 16, batchesInFlight: 2, takers: 1 })).toBe(25);
  });

  test('is at least one job, and no more than what is queued and one for each who can take some', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.nat(1e6),
        fc.integer({ min: 1, max: 512 }),
        fc.nat(512),
        fc.integer({ min: 1, max: 4 }),
        (queued, sent, workers, takers, batchesInFlight) => {
          const share = fairShare({ queued, unanswered: queued + sent, workers, batchesInFlight, takers });
          expect(share).toBeGreaterThanOrEqual(1);
          expect(share * Math.max(1, takers)).toBeLessThan(queued + Math.max(1, takers));
          expect((share - 1) * workers * batchesInFlight).toBeLessThan(queued + sent);
        },
      ),
    );
  });

  test.each([2, 4, 8, 16, 64])('lets %i workers finish together', (workers) => {
    expect(busyShare(workers, 5000)).toBeGreaterThan(0.85);
  });
});

/** What part of the time workers are busy who share so many equal jobs, 150 in a batch at the most, two batches each. */
function busyShare(workers: number, jobs: number): number {
  const batchesInFlight = 2;
  const lanes = Array.from({ length: workers }, () => ({ batches: [] as number[], endsAt: 0 }));
  let queued = jobs;
  const send = (lane: (typeof lanes)[number]): void => {
    if (queued === 0) return;
    const backlog = lanes.reduce((sum, { batches }) => sum + batches.reduce((a, b) => a + b, 0), 0);
    const takers = lanes.filter(({ batches }) => batches.length < batchesInFlight).length;
    const share = fairShare({ queued, unanswered: queued + backlog, workers, batchesInFlight, takers });
    const sent = Math.min(share, 150, queued);
    queued -= sent;
    lane.batches.push(sent);
  };
  for (const lane of lanes) for (let room = 0; room < batchesInFlight; room++) send(lane);
  for (;;) {
    const next = lanes
      .filter(({ batches }) => batches.length > 0)
      .toSorted((a, b) => a.endsAt + (a.batches[0] ?? 0) - b.endsAt - (b.batches[0] ?? 0))[0];
    if (next === undefined) break;
    next.endsAt += next.batches.shift() ?? 0;
    send(next);
  }
  return jobs / workers / Math.max(...lanes.map(({ endsAt }) => endsAt));
}
