import fc from '../../support/fast-check.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Forecaster } from '../../../src/scheduler/figures/forecast.ts';
import { Job } from '../../../src/scheduler/job/job.ts';
import { BootTime } from '../../../src/scheduler/figures/boot-time.ts';
import { Lane } from '../../../src/scheduler/dispatch/workers/lane.ts';
import { Task } from '../../../src/tasks/task.ts';
import { Harness } from '../harness.ts';
import { makeTask, nobody } from '../make-job.ts';

/** Lets the scheduler learn how long tasks of this name take. */
function teach(harness: Harness, name: string, ms: number): void {
  harness.submit(name);
  harness.backend.alive.find((worker) => worker.batches.length > 0)?.finish('learnt', { ms });
}

function up(lane: Lane): Lane {
  lane.state = 'open';
  return lane;
}

describe('a forecast', () => {
  test('is unknown until a task has ended, and 0 while a worker is idle', () => {
    const harness = Harness.booted();
    harness.submit('a');
    expect(harness.scheduler.forecast()).toEqual({ waitMs: undefined, runMs: undefined, unsettled: 1 });
    harness.worker(1).finish();
    expect(harness.scheduler.forecast()).toEqual({ waitMs: 0, runMs: 10, unsettled: 0 });
  });

  test('is the work ahead, shared by the workers', () => {
    const harness = Harness.booted({ workers: 2 });
    teach(harness, 'a', 10);
    teach(harness, 'b', 30);
    harness.submit('aabb');
    expect(harness.scheduler.forecast().waitMs).toBe(40);
    expect(harness.scheduler.forecast(0, Task.targetOf(makeTask('b'))).runMs).toBe(30);
  });

  test('counts only what is as urgent or more, and what runs', () => {
    const harness = Harness.booted({ workers: 1 });
    teach(harness, 'a', 1000);
    harness.submit('aaa');
    harness.worker(0).claim();
    harness.submit('a', { priority: 1 });
    const wait = (priority: number) => Math.round((harness.scheduler.forecast(priority).waitMs ?? NaN) / 500);
    expect([wait(-1), wait(0), wait(1), wait(2)]).toEqual([8, 8, 4, 2]);
  });

  test('takes a function that is not known for the mean of all', () => {
    const harness = Harness.booted({ workers: 1 });
    teach(harness, 'a', 10);
    harness.submit('zz');
    expect(harness.scheduler.forecast()).toMatchObject({ waitMs: 20, runMs: 10 });
    expect(harness.scheduler.forecast(0, Task.targetOf(makeTask('z'))).runMs).toBeUndefined();
  });

  test('takes what came before any run time was known for the mean, too, as soon as there is one', () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('aaa');
    expect(harness.scheduler.forecast().waitMs).toBeUndefined();
    harness.worker(0).finish('a', { ms: 10 });
    expect(harness.scheduler.forecast().waitMs).toBe(20);
    harness.worker(0).finish('a', { ms: 10 });
    harness.worker(0).finish('a', { ms: 10 });
    expect(harness.scheduler.forecast().waitMs).toBe(0);
  });

  test('counts callers that wait for a place as the mean task', () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    teach(harness, 'a', 10);
    harness.submit('aaa');
    expect(harness.scheduler.forecast().waitMs).toBe(30);
  });

  test('learns from a task that was cancelled while it ran, too', () => {
    const harness = Harness.booted({ workers: 1 });
    teach(harness, 'a', 10);
    harness.submit('a');
    harness.worker(0).claim();
    harness.cancel('a');
    harness.worker(0).finish('late', { ms: 18 });
    expect(harness.scheduler.forecast()).toMatchObject({ waitMs: 0, runMs: 11 });
  });

  describe('when a task runs for longer than was expected,', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
    afterEach(() => void vi.useRealTimers());

    test('takes it to go on for as long again', () => {
      const harness = Harness.booted({ workers: 1 });
      teach(harness, 'a', 10);
      harness.submit('a');
      harness.worker(0).claim();
      const waits = [4, 6, 90, 900].map((ms) => {
        vi.advanceTimersByTime(ms);
        return harness.scheduler.forecast().waitMs;
      });
      expect(waits).toEqual([6, 0, 90, 990]);
    });

    test('leaves its worker out, as long as another one works', () => {
      const harness = Harness.booted({ workers: 2 });
      teach(harness, 'a', 10);
      harness.submit('a');
      harness.backend.alive.find((worker) => worker.batches.length > 0)?.claim();
      vi.advanceTimersByTime(5000);
      expect(harness.scheduler.forecast().waitMs).toBe(0);
      harness.submit('aaa');
      expect(harness.scheduler.forecast().waitMs).toBe(30);
    });
  });
});

test('whatever enters and leaves, with nothing left it expects nothing', () => {
  const task = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    priority: fc.integer({ min: -20, max: 20 }),
    ms: fc.double({ min: 0, max: 5000, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(task, { minLength: 1, maxLength: 60 }), (all) => {
      const forecaster = new Forecaster();
      const lanes = [up(new Lane(0, Infinity, 'new', new BootTime()))];
      const jobs = all.map(({ name, priority, ms }, id) => {
        const made = makeTask(name, { priority });
        const job = new Job(id, made, made.options, 0, nobody);
        forecaster.enter(job);
        if (id % 3 === 0) forecaster.leave(job, ms);
        return job;
      });
      expect(forecaster.waitMs(-Infinity, lanes, 0)).toBeGreaterThanOrEqual(forecaster.waitMs(0, lanes, 0));
      for (const job of jobs.filter(({ id }) => id % 3 !== 0)) forecaster.leave(job, undefined);
      expect(forecaster.waitMs(-Infinity, lanes, 0)).toBe(0);
    }),
  );
});
