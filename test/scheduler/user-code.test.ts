import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TaskMessage } from '../../src/scheduler/job/diagnostics.ts';
import { Harness } from './harness.ts';
import { acting, uncloneable } from './fake-backend.ts';
import { Ground, laws } from './laws.ts';
import { makeJob, makeTask, nobody } from './make-job.ts';
import { Future } from '../../src/scheduler/job/future.ts';

let undo: (() => void)[] = [];
beforeEach(() => {
  undo = [];
});
afterEach(() => {
  for (const each of undo) each();
});

function on(event: 'submit' | 'start' | 'settle' | 'refuse', act: (message: TaskMessage) => void): void {
  const listener = (message: unknown) => act(message as TaskMessage);
  subscribe(`millrace:task:${event}`, listener);
  undo.push(() => unsubscribe(`millrace:task:${event}`, listener));
}

describe('a subscriber', () => {
  test('to settlements sees the future settled, counted, and its place free', () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    const seen: unknown[] = [];
    on('settle', ({ future }) => {
      const { fulfilled, cancelled, pending, running } = harness.scheduler.stats();
      seen.push([
        future.state,
        fulfilled,
        cancelled,
        pending + running,
        harness.scheduler.admission.placesTaken,
      ]);
    });
    harness.submit('a');
    harness.worker(0).finish();
    harness.submit('b');
    harness.cancel('b');
    expect(seen).toEqual([
      ['fulfilled', 1, 0, 0, 0],
      ['cancelled', 1, 1, 0, 0],
    ]);
  });

  test('that cancels the next future may do so 20,000 times in a row', () => {
    const many = 20_000;
    const harness = Harness.booted({ workers: 1, maxPending: many });
    const futures: TaskMessage['future'][] = [];
    on('submit', ({ future }) => futures.push(future));
    harness.submit('a'.repeat(many));
    let next = 0;
    on('settle', () => futures[next++]?.cancel());
    futures[next++]?.cancel();
    expect(harness.scheduler.stats()).toMatchObject({ cancelled: many, pending: 0, running: 0 });
  });

  test('that cancels all the others at the first settlement of a batch changes nothing that has come', () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('abcd');
    const futures = 'abcd'.split('').map((name) => Future.of(harness.job(name)));
    on('settle', () => futures.map((future) => future.cancel()));
    harness.worker(0).finish();
    expect(futures.map(({ state }) => state)).toEqual(['fulfilled', 'cancelled', 'cancelled', 'cancelled']);
    expect(harness.scheduler.stats()).toMatchObject({ fulfilled: 1, cancelled: 3, pending: 0, running: 0 });
  });

  test('to submissions may cancel the task: it is never admitted', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    const lines: string[] = [];
    on('submit', ({ future }) => lines.push(`submit ${future.cancel('no')}`));
    on('settle', ({ future }) => lines.push(`settle ${future.state}`));
    const job = harness.scheduler.createJob(makeTask('a'), {});
    expect(harness.scheduler.tryAdmit(job)).toBe(false);
    await expect(harness.scheduler.line.wait(job)).rejects.toBe('no');
    expect(lines).toEqual(['submit true', 'settle cancelled']);
    expect(harness.scheduler.stats()).toMatchObject({ submitted: 1, cancelled: 1, waiting: 0, pending: 0 });
  });

  test('may cancel a future that waits for a place', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    harness.submit('a');
    const job = harness.scheduler.createJob(makeTask('b'), {});
    expect(harness.scheduler.tryAdmit(job)).toBe(false);
    const place = harness.scheduler.line.wait(job);
    expect(Future.of(job).cancel('no')).toBe(true);
    await expect(place).rejects.toBe('no');
    expect(harness.scheduler.stats()).toMatchObject({ cancelled: 1, waiting: 0 });
  });

  test('that throws is told of as an uncaught exception, and the others are told all the same', async () => {
    const harness = Harness.booted({ workers: 1 });
    const uncaught = vi.fn();
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', uncaught);
    undo.push(() => {
      process.removeListener('uncaughtException', uncaught);
      for (const each of others) process.on('uncaughtException', each);
    });
    const told: number[] = [];
    on('settle', () => {
      throw new Error('in a subscriber');
    });
    on('settle', ({ future }) => told.push(future.id));
    harness.submit('ab');
    harness.cancel('a');
    harness.cancel('b');
    await harness.tick();
    expect(told).toEqual([1, 2]);
    expect(uncaught).toHaveBeenCalled();
  });
});

describe('a getter of an argument', () => {
  test.each(['drain', 'cancel', 'kill'] as const)('that shuts down (%s): each task settles', async (mode) => {
    const harness = Harness.booted({ workers: 2, maxPending: 20 });
    const ground = new Ground(harness, { workers: 2, maxPending: 20, maxPendingBytes: 1000 });
    let calls = 0;
    const args = [acting(() => ++calls === 3 && ground.shutdown(mode))];
    for (let left = 20; left > 0; left--) ground.submit('trySubmit', {}, args);
    laws(ground);
    await ground.finish();
    expect(ground.records.map(({ settled }) => settled)).toEqual(ground.records.map(() => 1));
  });

  test('that cancels its own task, and others that travel with it: none of them runs', async () => {
    const harness = Harness.booted({ workers: 1 });
    // A function whose run time is known travels in batches.
    harness.submit('w');
    harness.worker(0).finish('learnt', { ms: 0.01 });
    const batch = () => harness.cancel('a') && harness.cancel('b');
    const task = (label: string, args: unknown[] = []) => harness.submit('w', { label }, args);
    harness.submit('x');
    task('a', [acting(batch)]);
    task('b');
    task('c');
    harness.worker(0).finish();
    await harness.tick();
    harness.worker(0).claim();
    expect(harness.show()).toContain('cancelled: a (cancelled), b (cancelled)');
    expect(harness.worker(0).running?.label).toBe('c');
  });

  test('that cancels, of a task that can’t be cloned: it stays cancelled', () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a', {}, [acting(() => harness.cancel('a')), uncloneable]);
    expect(harness.show()).toBe('worker 0:\ncancelled: a (cancelled)');
    expect(harness.scheduler.stats()).toMatchObject({ cancelled: 1, pending: 0, running: 0 });
  });

  test('sees its task pending, and what it submits is sent when this has been', () => {
    const harness = Harness.booted({ workers: 2, maxPending: 5 });
    const seen: string[] = [];
    harness.submit('a', {}, [
      acting(() => {
        seen.push(Future.of(harness.job('a')).state);
        harness.submit('b', {}, [acting(() => seen.push(harness.show()))]);
        seen.push(harness.job('b').status);
      }),
    ]);
    expect(seen).toEqual(['pending', 'queued', 'worker 0:\nworker 1: [a]']);
    expect(harness.show()).toBe('worker 0: [b]\nworker 1: [a]');
  });

  test('that is sent when a task which waited has ended: that task does not count as pending', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 1 });
    const worker = harness.worker(0);
    harness.submit('a');
    worker.claim();
    worker.call('child', {}, [], false);
    worker.park();
    const seen: unknown[] = [];
    harness.submit('b', {}, [
      acting(() => {
        const { running, pending, suspended, fulfilled } = harness.scheduler.stats();
        seen.push([running + pending, suspended, fulfilled]);
      }),
    ]);
    expect(seen).toEqual([]);
    worker.endParked(worker.parents[0] as (typeof worker.parents)[number]);
    await harness.tick();
    expect(seen).toEqual([[1, 0, 1]]);
  });
});

test('what threads start with may have a getter that ends the executor: no thread is left', async () => {
  const harness = Harness.booted({ workers: 1 });
  let closed: Promise<void> | undefined;
  harness.backend.acts = () => {
    closed = harness.scheduler.shutdown('kill');
  };
  harness.worker(0).end();
  expect(harness.backend.alive.map(({ state }) => state)).toEqual(['terminating']);
  harness.worker(1).end();
  await closed;
  expect(harness.scheduler.state).toBe('closed');
});

test('the room of a batch is not free before its times have been read', async () => {
  const harness = Harness.booted({ workers: 1 });
  harness.submit('ab');
  await harness.tick();
  const [first] = harness.worker(0).held;
  let held: boolean | undefined;
  harness.submit('c', {}, [acting(() => (held = harness.worker(0).held.has(first as never)))]);
  harness.worker(0).finish();
  expect(harness.show()).toContain('[b] [c]');
  expect(held).toBe(true);
  expect(harness.worker(0).held.has(first as never)).toBe(false);
  const { startedAt, endedAt } = Future.of(harness.job('a')).timing;
  expect((endedAt as number) - (startedAt as number)).toBe(10);
});

test('of several that have waited and go on, the one at work counts as running, also behind one that was cancelled', () => {
  const bounds = { workers: 2, maxPending: 1, maxPendingBytes: 100, maxWaiting: 0 };
  const ground = new Ground(Harness.booted(bounds), bounds);
  const none = { priority: 0, retries: 0 };
  const call = (bytes = 0) => ground.call(none, bytes, 0, false);
  const steps = [
    () => ground.submit('submit', none, 0),
    () => ground.drive('boot', 15),
    call,
    () => ground.drive('boot', 0),
    () => ground.submit('submit', none, 0),
    () => ground.drive('finish', 3),
    () => ground.submit('submit', none, 0),
    call,
    () => ground.drive('park', 0),
    () => ground.drive('boot', 0),
    () => call(-1),
    () => ground.drive('park', 0),
    () => ground.drive('hear', 9),
    () => ground.drive('boot', 0),
  ];
  for (const step of steps) {
    step();
    laws(ground);
  }
  expect(ground.harness.scheduler.stats().running).toBe(1);
});

test('an object is asked for `then` when the books are in order, and no promise overtakes it', async () => {
  const log: string[] = [];
  const asked = Object.defineProperty({}, 'then', { get: () => void log.push('asked') });
  const jobs = [1, asked, 3].map((value, index) => ({ job: makeJob(index, {}, []), value }));
  const told = jobs.map(({ job }) => job.result().then(() => log.push(`told ${job.id}`)));
  nobody.transitions.run(() => {
    for (const { job, value } of jobs) {
      job.transitionTo('queued');
      job.transitionTo('sent');
      job.settle('fulfilled', value);
    }
    log.push('books');
  });
  expect(log).toEqual(['books', 'asked']);
  await Promise.all(told);
  expect(log).toEqual(['books', 'asked', 'told 0', 'told 1', 'told 2']);
});
