import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Backlog } from '../../../src/scheduler/figures/forecast.ts';
import { Job } from '../../../src/scheduler/job/job.ts';
import { Lane } from '../../../src/scheduler/dispatch/lane.ts';
import { Bench } from '../bench.ts';
import { makeTask, nobody } from '../make-job.ts';

/** Lets the scheduler learn how long tasks of this name take. */
function teach(bench: Bench, name: string, ms: number): void {
  bench.submit(name);
  bench.backend.alive.find((worker) => worker.deliveries.length > 0)?.finish('learnt', { ms });
}

describe('a forecast', () => {
  test('is unknown until a task has ended, and 0 while a worker is idle', () => {
    const bench = Bench.booted();
    bench.submit('a');
    expect(bench.scheduler.forecast()).toEqual({ waitMs: undefined, runMs: undefined, unsettled: 1 });
    bench.worker(1).finish();
    expect(bench.scheduler.forecast()).toEqual({ waitMs: 0, runMs: 10, unsettled: 0 });
  });

  test('is the work ahead, shared by the workers', () => {
    const bench = Bench.booted({ workers: 2 });
    teach(bench, 'a', 10);
    teach(bench, 'b', 30);
    bench.submit('aabb');
    expect(bench.scheduler.forecast().waitMs).toBe(40);
    expect(bench.scheduler.forecast(0, makeTask('b').target).runMs).toBe(30);
  });

  test('counts only what is as urgent or more, and what runs', () => {
    const bench = Bench.booted({ workers: 1 });
    teach(bench, 'a', 1000);
    bench.submit('aaa');
    bench.worker(0).claim();
    bench.submit('a', { priority: 1 });
    const wait = (priority: number) => Math.round((bench.scheduler.forecast(priority).waitMs ?? NaN) / 500);
    expect([wait(-1), wait(0), wait(1), wait(2)]).toEqual([8, 8, 4, 2]);
  });

  test('takes a function that is not known for the mean of all', () => {
    const bench = Bench.booted({ workers: 1 });
    teach(bench, 'a', 10);
    bench.submit('zz');
    expect(bench.scheduler.forecast()).toMatchObject({ waitMs: 20, runMs: 10 });
    expect(bench.scheduler.forecast(0, makeTask('z').target).runMs).toBeUndefined();
  });

  test('takes what came before any run time was known for the mean, too, as soon as there is one', () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('aaa');
    expect(bench.scheduler.forecast().waitMs).toBeUndefined();
    bench.worker(0).finish('a', { ms: 10 });
    expect(bench.scheduler.forecast().waitMs).toBe(20);
    bench.worker(0).finish('a', { ms: 10 });
    bench.worker(0).finish('a', { ms: 10 });
    expect(bench.scheduler.forecast().waitMs).toBe(0);
  });

  test('counts callers that wait for a place as the mean task', () => {
    const bench = Bench.booted({ workers: 1, maxPending: 0 });
    teach(bench, 'a', 10);
    bench.submit('aaa');
    expect(bench.scheduler.forecast().waitMs).toBe(30);
  });

  test('learns from a task that was cancelled while it ran, too', () => {
    const bench = Bench.booted({ workers: 1 });
    teach(bench, 'a', 10);
    bench.submit('a');
    bench.worker(0).claim();
    bench.cancel('a');
    bench.worker(0).finish('late', { ms: 18 });
    expect(bench.scheduler.forecast()).toMatchObject({ waitMs: 0, runMs: 11 });
  });

  describe('when a task runs for longer than was expected,', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
    afterEach(() => void vi.useRealTimers());

    test('takes it to go on for as long again', () => {
      const bench = Bench.booted({ workers: 1 });
      teach(bench, 'a', 10);
      bench.submit('a');
      bench.worker(0).claim();
      const waits = [4, 6, 90, 900].map((ms) => {
        vi.advanceTimersByTime(ms);
        return bench.scheduler.forecast().waitMs;
      });
      expect(waits).toEqual([6, 0, 90, 990]);
    });

    test('leaves its worker out, as long as another one works', () => {
      const bench = Bench.booted({ workers: 2 });
      teach(bench, 'a', 10);
      bench.submit('a');
      bench.backend.alive.find((worker) => worker.deliveries.length > 0)?.claim();
      vi.advanceTimersByTime(5000);
      expect(bench.scheduler.forecast().waitMs).toBe(0);
      bench.submit('aaa');
      expect(bench.scheduler.forecast().waitMs).toBe(30);
    });
  });
});

test('whatever enters and leaves, an empty backlog expects nothing', () => {
  const task = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    priority: fc.integer({ min: -20, max: 20 }),
    ms: fc.double({ min: 0, max: 5000, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(task, { minLength: 1, maxLength: 60 }), (all) => {
      const backlog = new Backlog();
      const lanes = [new Lane(0, Infinity)];
      const jobs = all.map(({ name, priority, ms }, id) => {
        const made = makeTask(name, { priority });
        const job = new Job(id, made, made.options, 0, nobody);
        backlog.enter(job);
        if (id % 3 === 0) backlog.leave(job, ms);
        return job;
      });
      expect(backlog.waitMs(-Infinity, lanes, 0)).toBeGreaterThanOrEqual(backlog.waitMs(0, lanes, 0));
      for (const job of jobs.filter(({ id }) => id % 3 !== 0)) backlog.leave(job, undefined);
      expect(backlog.waitMs(-Infinity, lanes, 0)).toBe(0);
    }),
  );
});
