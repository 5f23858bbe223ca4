// First, so that it counts what the others compile.
import { steps } from './support/steps.ts';
import { describe, expect, test, vi } from 'vitest';
import { bufferUnordered } from '../src/flow/buffered.ts';
import { Channel } from '../src/flow/channel.ts';
import { RateLimiter } from '../src/flow/rate-limiter.ts';
import { Ring } from '../src/base/ring.ts';
import { Semaphore } from '../src/flow/semaphore.ts';
import { Offers } from '../src/pool/worker/nested/offers.ts';
import { offAbort, onAbort } from '../src/base/on-abort.ts';
import { asCompleted } from '../src/executor/as-completed.ts';
import { Deadlines } from '../src/base/deadlines.ts';
import { Progress, ProgressReader } from '../src/scheduler/job/progress.ts';
import { wait } from '../src/executor/wait.ts';
import type { TaskOptions } from '../src/tasks/task-options.ts';
import { AdmittedWork } from '../src/server/admitted-work.ts';
import { Readers } from './scheduler/readers.ts';
import type { FakeBackend } from './scheduler/fake-backend.ts';
import { Harness } from './scheduler/harness.ts';
import { makeTask } from './scheduler/make-job.ts';
import { Future } from '../src/scheduler/job/future.ts';

const each = <T>(n: number, make: (index: number) => T): T[] =>
  Array.from({ length: n }, (_, index) => make(index));
const ignore = (): void => {};
const harness = (capacity: number) => Harness.booted({ maxPending: capacity, maxPendingBytes: 1e9 });

/** So many tasks in a scheduler with so many places. */
function submitted(n: number, capacity: number, options: (index: number) => TaskOptions) {
  const { scheduler } = harness(capacity);
  const jobs = each(n, (index) => {
    const job = scheduler.createJob(makeTask('f'), options(index));
    if (!scheduler.tryAdmit(job)) scheduler.line.wait(job).catch(ignore);
    return job;
  });
  return { scheduler, jobs };
}

/** Each generator yields as far as it may, and waits for its reader. */
async function suspendAll({ workers }: FakeBackend): Promise<void> {
  for (let acted = true; acted; ) {
    await new Promise((resolve) => setImmediate(resolve));
    acted = false;
    for (const worker of workers) {
      if (!worker.claim()) continue;
      worker.yield();
      acted = worker.park() || acted;
    }
  }
}

const signals = (n: number) => each(n, () => new AbortController());

/** Everything that a program can make long. Each is given n of something, and does all that becomes of them. */
const lists: Record<string, (n: number) => unknown> = {
  'waits for one future, each with its own timeout': async (n) => {
    const { jobs } = submitted(1, 0, () => ({}));
    await Promise.all(each(n, () => wait([Future.of(jobs[0]!)], { timeoutMs: 1 })));
  },
  'waits for one future, which settles': async (n) => {
    const { scheduler, jobs } = submitted(1, 0, () => ({}));
    const waits = each(n, () => wait([Future.of(jobs[0]!)]));
    scheduler.cancel(jobs[0]!, 'no', false);
    await Promise.all(waits);
  },
  'a wait for many futures': async (n) => {
    const { scheduler, jobs } = submitted(n, n, () => ({}));
    const all = wait(jobs.map((job) => Future.of(job)));
    for (const job of jobs) scheduler.cancel(job, 'no', false);
    await all;
  },
  'loops over one future, each left': async (n) => {
    const { jobs } = submitted(1, 0, () => ({}));
    const loops = each(n, () => asCompleted([Future.of(jobs[0]!)]));
    for (const loop of loops) void loop.next();
    await Promise.all(loops.map(async (loop) => loop.return?.()));
  },
  'loops over one future with one signal': async (n) => {
    const { jobs } = submitted(1, 0, () => ({}));
    const controller = new AbortController();
    const loops = each(n, () => asCompleted([Future.of(jobs[0]!)], { signal: controller.signal }));
    const nexts = loops.map((loop) => loop.next().catch(ignore));
    controller.abort();
    await Promise.all(nexts);
  },
  'a loop over many futures': async (n) => {
    const { scheduler, jobs } = submitted(n, n, () => ({}));
    const loop = asCompleted(jobs.map((job) => Future.of(job)));
    const nexts = each(n, () => loop.next());
    for (const job of jobs) scheduler.cancel(job, 'no', false);
    await Promise.all(nexts);
  },
  'abortables of one signal that leave in order': (n) => {
    const { signal } = new AbortController();
    const all = each(n, () => ({ aborted: ignore }));
    for (const one of all) onAbort(signal, one);
    for (const one of all) offAbort(signal, one);
  },
  'queued tasks, cancelled': (n) => {
    const { scheduler, jobs } = submitted(n, n, () => ({}));
    for (const job of jobs) scheduler.cancel(job, 'no', false);
  },
  'queued tasks, each with a priority of its own, cancelled': (n) => {
    const { scheduler, jobs } = submitted(n, n, (index) => ({ priority: (index * 7919) % n }));
    for (const job of jobs) scheduler.cancel(job, 'no', false);
  },
  'queued tasks with one signal': (n) => {
    const controller = new AbortController();
    submitted(n, n, () => ({ signal: controller.signal }));
    controller.abort();
  },
  'callers in line, with signals of their own': (n) => {
    const controllers = signals(n);
    submitted(n, 0, (index) => ({ signal: controllers[index]!.signal, maxWaitMs: 1e6, deadlineMs: 1e6 }));
    for (const controller of controllers) controller.abort();
  },
  'callers in line when the executor closes': async (n) => {
    const { scheduler } = submitted(n, 0, () => ({}));
    void scheduler.shutdown('cancel');
  },
  'tasks of a stream that is left': async (n) => {
    const stream = harness(n).stream(each(n, () => makeTask('f')));
    void stream.next();
    await stream.return();
  },
  'streams over one executor, each left': async (n) => {
    const one = harness(n);
    const streams = each(n, () => one.stream([makeTask('f')]));
    for (const stream of streams) void stream.next();
    await Promise.all(streams.map((stream) => stream.return()));
  },
  'deadlines that are cancelled in any order': (n) => {
    const deadlines = new Deadlines();
    const alarms = each(n, (index) => deadlines.set(1e6 + ((index * 7919) % n), ignore));
    for (const alarm of alarms) alarm.cancel();
  },
  'calls of next() on one reader of reports': async (n) => {
    const progress = new Progress(false);
    const reader = new ProgressReader(progress);
    const nexts = each(n, () => reader.next());
    progress.end();
    await Promise.all(nexts);
  },
  'readers of the reports of one task': async (n) => {
    const progress = new Progress(false);
    const nexts = each(n, () => new ProgressReader(progress).next());
    progress.report(1);
    await Promise.all(nexts);
  },
  'callers of a semaphore that leave': async (n) => {
    const semaphore = new Semaphore(0);
    const controllers = signals(n);
    const all = controllers.map(({ signal }) => semaphore.acquire({ signal }).catch(ignore));
    for (const controller of controllers.toReversed()) controller.abort();
    await Promise.all(all);
  },
  'callers of a rate limiter that leave': async (n) => {
    const rate = new RateLimiter({ limit: 1, perMs: 1e6 });
    rate.tryAcquire();
    const controllers = signals(n);
    const all = controllers.map(({ signal }) => rate.acquire({ signal }).catch(ignore));
    for (const controller of controllers) controller.abort();
    await Promise.all(all);
  },
  'receivers with signals of their own, all served at once': async (n) => {
    const channel = new Channel<number>(n);
    const all = signals(n).map(({ signal }) => channel.receive({ signal }));
    for (let item = 0; item < n; item++) channel.trySend(item);
    await Promise.all(all);
  },
  'receivers that are served and leave at once': async (n) => {
    const channel = new Channel<number>(n);
    const controllers = signals(n);
    const all = controllers.map(({ signal }) => channel.receive({ signal }).catch(ignore));
    for (let item = 0; item < n; item++) channel.trySend(item);
    for (const controller of controllers) controller.abort();
    for (let item = 0; item < n; item++) channel.tryReceive();
    await Promise.all(all);
  },
  'senders that leave': async (n) => {
    const channel = new Channel<number>(1);
    channel.trySend(0);
    const controllers = signals(n);
    const all = controllers.map(({ signal }) => channel.send(1, { signal }).catch(ignore));
    for (const controller of controllers) controller.abort();
    await Promise.all(all);
  },
  'loops over one channel that are left': async (n) => {
    const channel = new Channel<number>(1);
    const loops = each(n, () => channel[Symbol.asyncIterator]());
    const nexts = loops.map((loop) => loop.next());
    for (const loop of loops) void loop.return?.();
    await Promise.all(nexts);
  },
  'calls of next() on a buffered stream': async (n) => {
    const stream = bufferUnordered(
      each(n, () => () => 1),
      n,
    );
    await Promise.all(each(n, () => stream.next()));
  },
  'tasks of one task, which is cancelled': async (n) => {
    const { scheduler, backend } = harness(n);
    const parent = scheduler.createJob(makeTask('parent'), {});
    scheduler.tryAdmit(parent);
    await new Promise((resolve) => setImmediate(resolve));
    const worker = backend.workers.find((one) => one.claim())!;
    for (let left = n; left > 0; left--) worker.call('child', {}, [], true);
    scheduler.cancel(parent, 'no', false);
    expect(scheduler.stats().cancelled).toBe(n + 1);
  },
  'reports of one task, and a reader for each': async (n) => {
    const progress = new Progress(false);
    const reader = new ProgressReader(progress);
    for (let report = 0; report < n; report++) {
      const next = reader.next();
      progress.report(report);
      await next;
    }
  },
  'iterations that wait for their readers, and are ended with their thread': async (n) => {
    const { scheduler, backend } = harness(n);
    const readers = new Readers(scheduler);
    for (let left = n; left > 0; left--) readers.open(1, 0, { interrupt: true });
    await suspendAll(backend);
    expect(scheduler.stats().suspended).toBe(n);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    for (let at = n - 1; at >= 0; at--) readers.leave(at);
    vi.advanceTimersByTime(1000);
    vi.useRealTimers();
    expect(scheduler.stats().cancelled).toBe(n);
  },
  'what a gate has admitted, and gives up for others': (n) => {
    const work = new AdmittedWork();
    const { scheduler, jobs } = submitted(n, n, () => ({}));
    for (const job of jobs) work.add('sheddable', Future.of(job));
    for (let left = n; left > 2; left--) {
      const { value } = work.below('critical').next();
      scheduler.cancel(Future.jobOf(value as Future<unknown>), 'no', false);
    }
  },
  'branches that a task has yet to run, taken oldest first': (n) => {
    const offers = new Offers(new Int32Array(1), 1, () => null);
    const branches = each(n, () => offers.add(makeTask('f')));
    for (const branch of branches) offers.remove(branch);
  },
};

describe('four times as many take about four times the steps:', () => {
  test.each(Object.entries(lists))('%s', async (_, run) => {
    await run(10); // what is done once
    const few = await steps(() => run(100));
    const many = await steps(() => run(400));
    expect(few).toBeGreaterThan(100);
    // A logarithm is allowed for, a square would be 16.
    expect(many / few).toBeLessThan(6);
  });
});

test('a square is seen', async () => {
  const square = (n: number) => {
    const ring = new Ring<number>();
    for (let item = 0; item < n; item++) {
      ring.push(item);
      ring.filter(() => true);
    }
  };
  square(10);
  expect((await steps(() => square(400))) / (await steps(() => square(100)))).toBeGreaterThan(12);
});
