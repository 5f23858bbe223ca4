import { tasks, WorkerCrashedError } from 'millrace';
import type { Executor, ExecutorOptions } from 'millrace';
import { current } from 'millrace/worker';
import { describe, expect } from 'vitest';
import { test as plain } from '../../../support/executor-test.ts';
import { Gate } from '../../../support/gate.ts';
import { patienceMs } from '../../../support/patience.ts';
import { collect, reasonOf, rounds } from '../../../support/settling.ts';

const nested = tasks<typeof import('../../../fixtures/nested.mjs')>(
  new URL('../../../fixtures/nested.mjs', import.meta.url),
);

const test = plain.extend<{
  readonly start: (workers: number, maxPending?: number, options?: ExecutorOptions) => Executor;
}>({
  start: ({ makeExecutor }, use) =>
    use((workers, maxPending = 16, options = {}) => makeExecutor({ workers, maxPending, ...options })),
});

/** Everything that was admitted has left again. */
function expectEmpty(executor: Executor): void {
  const stats = executor.stats();
  expect(stats).toMatchObject({ running: 0, pending: 0, suspended: 0, waiting: 0, pendingBytes: 0, busy: 0 });
  expect(stats.submitted).toBe(stats.fulfilled + stats.rejected + stats.cancelled + stats.refused);
}

/** Resolves when no worker has anything to do. */
async function idle(executor: Executor): Promise<void> {
  while (executor.stats().busy > 0) await rounds(1);
}

/** How many tasks there are places for. */
function full(executor: Executor, gate: Gate): number {
  let count = 0;
  while (executor.trySubmit(nested.pass(gate.shared)) !== null) count++;
  return count;
}

describe('a task that submits tasks', () => {
  test.for([
    [1, 0],
    [1, 16],
    [2, 0],
    [2, 16],
  ] as const)(
    'comes to its end at any depth: %i workers, %i pending',
    async ([workers, maxPending], { start }) => {
      const executor = start(workers, maxPending);
      expect(await executor.run(nested.deep(100))).toBe(100);
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, depth) => executor.run(nested.deep(depth))),
      );
      expect(all).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expectEmpty(executor);
    },
  );

  test('gives its place back while it waits, and nobody gets more than there are', async ({
    gate,
    start,
  }) => {
    const executor = start(1, 0);
    const parent = executor.run(nested.parentOf(gate.shared));
    await gate.arrivals();
    expect(executor.stats()).toMatchObject({ running: 1, suspended: 1, pending: 0, saturated: true });
    expect(executor.trySubmit(nested.echo(1))).toBeNull();
    gate.open();
    expect(await parent).toBe('child');
    expectEmpty(executor);
  });

  test('does not wait behind strangers: its tasks go first, in line and in the queue', async ({
    gate,
    start,
  }) => {
    const executor = start(1, 4);
    const parent = executor.run(nested.parentOf(gate.shared));
    const strangers = Array.from({ length: 20 }, () => executor.run(nested.count(gate.shared)));
    await gate.arrivals();
    // But for those that were on their way to the thread when the parent began to wait.
    expect(gate.count).toBeLessThanOrEqual(2);
    gate.open();
    await Promise.all([parent, ...strangers]);
    expectEmpty(executor);
  });

  test('gets what they throw', async ({ start }) => {
    const executor = start(1);
    const reason = await reasonOf(executor.run(nested.parentOfFailing()));
    expect(reason).toBeInstanceOf(RangeError);
    expect(reason).toMatchObject({ message: 'no' });
    expectEmpty(executor);
  });

  test('learns that one has taken its thread down', async ({ start }) => {
    const executor = start(2);
    await executor.ready();
    const reason = await reasonOf(executor.run(nested.parentOfCrashing()));
    expect(reason).toBeInstanceOf(Error);
    expect(String(reason)).toContain('the worker thread ended while it ran this task');
    await executor.run(nested.echo(1));
    expectEmpty(executor);
  });

  test('is lost with its thread when one of them takes that down', async ({ start }) => {
    const executor = start(1);
    expect(await reasonOf(executor.run(nested.parentOfCrashing()))).toBeInstanceOf(WorkerCrashedError);
    expect(await executor.run(nested.echo(1))).toBe(1);
    expectEmpty(executor);
  });

  test('may be run again, when its thread has crashed after it had waited', async ({ gate, start }) => {
    const executor = start(1, 0);
    expect(await executor.run(nested.crashesOnce(gate.shared), { retries: 1 })).toBe(1);
    expect(gate.count).toBe(2);
    expectEmpty(executor);
  });

  test.for([1, 10])(
    'may be run again while %i of its tasks run and wait: all places come back',
    async (number, { gate, start }) => {
      const executor = start(2, 4);
      await executor.ready();
      const parent = executor.run(nested.crashesWithChildren(gate.shared, number), { retries: 1 });
      expect(await parent).toBe('again');
      gate.open();
      await idle(executor);
      expectEmpty(executor);
      expect(executor.stats().saturated).toBe(false);
      expect(full(executor, gate)).toBe(6);
    },
  );

  test.for([{ maxTasksPerWorker: 1 }, { maxTasksPerWorker: 3 }, { maxBytesPerWorker: 1 }])(
    'comes to its end while its workers are replaced: %o',
    async (options, { start }) => {
      for (const workers of [1, 2]) {
        const executor = start(workers, 0, options);
        expect(await executor.run(nested.deep(5))).toBe(5);
        expect(await Promise.all([1, 2, 3].map((levels) => executor.run(nested.deep(levels))))).toEqual([
          1, 2, 3,
        ]);
        await executor.shutdown();
        expectEmpty(executor);
      }
    },
  );

  test('holds no bytes while it waits for a task with large arguments', async ({ start }) => {
    const executor = start(1, 4, { maxPendingBytes: 100 });
    expect(await executor.run(nested.passesOn(new Uint8Array(200), 5))).toBe(200);
    expect(await executor.run(nested.passesOn(new Uint8Array(80), 5), { retries: 2 })).toBe(80);
    expectEmpty(executor);
  });

  test('can submit first and read later', async ({ start }) => {
    const executor = start(2, 1);
    const { results, settled } = await executor.run(nested.submitAll([1, 2, 3, 4, 5, 6, 7, 8]));
    expect(results).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(settled).toBe(true);
    expectEmpty(executor);
  });

  test('may end before them, if it waits for something else as well; they are cancelled', async ({
    gate,
    start,
  }) => {
    const executor = start(2);
    // So that the child has a thread of its own, and does not hold up its parent's.
    await executor.ready();
    expect(await executor.run(nested.racesChild(gate.shared))).toBe('timer');
    gate.open();
    await idle(executor);
    expectEmpty(executor);
    await executor.shutdown();
    expect(executor.stats()).toMatchObject({ fulfilled: 1, cancelled: 1, suspended: 0 });
  });

  test('is lost with its thread if that can’t read what a child returns', async ({ start }) => {
    const executor = start(1, 16, { resourceLimits: { stackSizeMb: 0.5 } });
    const ends = await Promise.all(
      [650, 700, 750, 800, 850].map((levels) =>
        executor.run(nested.waitsForDeep(levels)).catch((error: Error) => error.name),
      ),
    );
    for (const end of ends) expect(end).toMatch(/^(read|DataCloneError|WorkerCrashedError)$/);
    await idle(executor);
    expectEmpty(executor);
  });

  test('cancels them when it fails', async ({ gate, start }) => {
    const executor = start(2);
    // So that the child has a thread of its own, and does not hold up its parent's.
    await executor.ready();
    expect(await reasonOf(executor.run(nested.failsWithChild(gate.shared)))).toMatchObject({
      message: 'parent',
    });
    gate.open();
    await executor.shutdown();
    expect(executor.stats()).toMatchObject({ rejected: 1, cancelled: 1 });
  });

  test('may leave their failures unread: they are reported nowhere else', async ({ makeExecutor }) => {
    const reported: unknown[] = [];
    // One worker: they end in their order.
    const executor = makeExecutor({ workers: 1, onUnobservedError: (error) => reported.push(error) });
    expect(await executor.run(nested.ignoresFailures())).toBe('fine');
    await executor.shutdown();
    expect(executor.stats()).toMatchObject({ rejected: 3 });
    expect(reported).toEqual([]);
  });

  test('keeps its cancellation and its reports while others have its thread', async ({ gate, start }) => {
    const executor = start(1);
    const future = await executor.submit(nested.hostsAfterWaiting(gate.shared));
    const reported = collect(future.progress());
    await gate.arrivals();
    gate.open();
    expect(await future.result()).toEqual({ isSame: true, aborted: false });
    const seen = await reported;
    expect(seen.at(-1)).toBe('after');
    expect(seen).not.toContain('child');
  });

  test('knows how many workers there are', async ({ start }) => {
    const executor = start(3);
    expect(await executor.run(nested.workers())).toBe(3);
  });

  test('moves what it is asked to move, and gets buffers as buffers', async ({ start }) => {
    const executor = start(1);
    expect(await executor.run(nested.moves(1000))).toEqual({ left: 0, got: 1001, isBuffer: true });
  });
});

describe('cancelling a task that waits for its tasks', () => {
  test('cancels what runs: it is told to stop, and the one that waits goes on', async ({ gate, start }) => {
    const executor = start(2);
    const future = await executor.submit(nested.parentOfPatient(gate.shared));
    await gate.arrivals();
    expect(future.cancel('enough')).toBe(true);
    expect(await reasonOf(future.result())).toBe('enough');
    await gate.counted(2);
    await executor.shutdown();
    expect(executor.stats()).toMatchObject({ cancelled: 2, running: 0, suspended: 0 });
  });

  test('cancels what is in line for a place', async ({ start }) => {
    const executor = start(1, 0);
    const blocker = new Gate();
    // Its own place goes to its child; the children of that one's place stand in line.
    const future = await executor.submit(nested.submitAll([1, 2, 3]));
    const others = executor.run(nested.pass(blocker.shared));
    future.cancel('enough');
    expect(await reasonOf(future.result())).toBe('enough');
    blocker.open();
    await others;
    await executor.shutdown();
    expectEmpty(executor);
  });

  test('is seen after it has waited, in the midst of a loop and by its signal', async ({ gate, start }) => {
    const executor = start(1);
    const future = await executor.submit(nested.untilAbortedAfterWaiting(gate.shared));
    await gate.arrivals();
    expect(future.cancel(new RangeError('enough'))).toBe(true);
    await gate.counted(1);
    expect(await executor.run(nested.echo(1))).toBe(1);
  });

  test('is seen by its signal, also while it waits for the second time', async ({ gate, start }) => {
    const executor = start(2);
    await executor.ready();
    const future = await executor.submit(nested.abortedInSecondWait(gate.shared));
    await gate.arrivals();
    future.cancel('enough');
    // It and the child that is told to stop.
    await gate.counted(2);
    expect(await reasonOf(future.result())).toBe('enough');
  });

  test('by its time: its child is cancelled, and the thread survives', async ({ gate, start }) => {
    const executor = start(1, undefined, { interruptGraceMs: patienceMs });
    const thread = await executor.run(nested.thread());
    const reason = await reasonOf(executor.run(nested.parentOfPatient(gate.shared), { timeoutMs: 30 }));
    expect(reason).toMatchObject({ name: 'TaskTimeoutError', phase: 'running' });
    await gate.counted(1);
    expect(await executor.run(nested.thread())).toBe(thread);
    expectEmpty(executor);
  });

  test('by its time: its thread is ended if it goes on beside its child', async ({ gate, start }) => {
    const executor = start(2, 16, { interruptGraceMs: 5 });
    await executor.ready();
    const reason = await reasonOf(executor.run(nested.spinsBesideChild(gate.shared), { timeoutMs: 30 }));
    expect(reason).toMatchObject({ name: 'TaskTimeoutError', phase: 'running' });
    gate.open();
    await idle(executor);
    expectEmpty(executor);
  });

  test('one of its tasks alone, by the future and by a signal', async ({ gate, start }) => {
    const executor = start(2);
    // So that it runs beside the task, and can't keep its thread.
    await executor.ready();
    const first = new Gate();
    const { state, outcome } = await executor.run(nested.cancelsChild(first.shared));
    expect(state).toBe('cancelled');
    expect(outcome).toEqual({ status: 'cancelled', reason: 'not wanted' });
    first.open();
    // The next one has to find that thread free.
    while (executor.stats().busy > 0) await rounds(1);
    expect(await executor.run(nested.abortsChild(gate.shared, false))).toBe('late');
    expect(await executor.run(nested.abortsChild(gate.shared, true))).toBe('early');
  });
});

describe('shutdown', () => {
  test("'drain' lets tasks that have begun submit what they need", async ({ start }) => {
    const executor = start(1, 0);
    const deep = executor.run(nested.deep(20));
    await executor.shutdown();
    expect(await deep).toBe(20);
    expectEmpty(executor);
  });

  test("'cancel' cancels what has not begun, and lets the one that waits come to its end", async ({
    gate,
    start,
  }) => {
    const executor = start(1, 4);
    const parent = executor.run(nested.parentOf(gate.shared));
    await gate.arrivals();
    const over = executor.shutdown({ mode: 'cancel' });
    await rounds();
    gate.open();
    expect(await parent).toBe('child');
    await over;
    expectEmpty(executor);
  });

  test("'kill' ends all of them", async ({ gate, start }) => {
    const executor = start(1, 4);
    const parent = executor.run(nested.parentOf(gate.shared));
    await gate.arrivals();
    const over = executor.shutdown({ mode: 'kill' });
    expect(await reasonOf(parent)).toMatchObject({ name: 'ExecutorClosedError' });
    await over;
    expectEmpty(executor);
  });
});

describe('asCompleted in a task', () => {
  test('pulls no further than its window', async ({ start }) => {
    const executor = start(2);
    const values = Array.from({ length: 50 }, (_, index) => index);
    const { read, most } = await executor.run(nested.streams(values, 3));
    expect(read.toSorted((a, b) => a - b)).toEqual(values);
    expect(most).toBeLessThanOrEqual(3);
    expectEmpty(executor);
  });

  test('and many tasks with one signal are nothing to warn of', async ({ start }) => {
    const executor = start(2, 100);
    expect(await executor.run(nested.warnings(30))).toEqual([]);
  });

  test('can be left while some are in line: those are withdrawn at once', async ({ gate, start }) => {
    const executor = start(1, 0);
    expect(await executor.run(nested.leavesLoop(gate.shared))).toBe(1);
    expect(executor.stats()).toMatchObject({ fulfilled: 2, cancelled: 2 });
    expectEmpty(executor);
  });

  test('ends with the reason of its signal, and cancels what it submitted', async ({ gate, start }) => {
    const executor = start(1, 0);
    expect(await executor.run(nested.abortsLoop(gate.shared))).toEqual({ read: [1], reason: 'enough' });
    expect(executor.stats()).toMatchObject({ fulfilled: 2, cancelled: 2 });
    expectEmpty(executor);
  });

  test('can be left', async ({ start }) => {
    const executor = start(2);
    const { read, pulled } = await executor.run(nested.streams([1, 2, 3, 4, 5, 6, 7, 8, 9], 2, 3));
    expect(read).toHaveLength(3);
    expect(pulled).toBeLessThanOrEqual(5);
    await executor.shutdown();
    expectEmpty(executor);
  });
});

describe('mistakes', () => {
  test('are named', async ({ start }) => {
    const executor = start(1);
    expect(await reasonOf(executor.run(nested.submitsNoTask()))).toMatchObject({
      name: 'InvalidTaskError',
      message: "not a task: 'hash' (make one with tasks() or inline())",
    });
    expect(await reasonOf(executor.run(nested.sendsUncloneable()))).toMatchObject({
      name: 'DataCloneError',
      message: expect.stringContaining('args[0].deeply[0]') as unknown,
    });
    expect(await reasonOf(executor.run(nested.badWindow()))).toMatchObject({ name: 'InvalidOptionError' });
    expect(await reasonOf(executor.run(nested.badOption()))).toMatchObject({ name: 'InvalidOptionError' });
    expect(await reasonOf(executor.run(nested.streamsOf(5)))).toMatchObject({
      name: 'InvalidOptionError',
      message: 'the source must be an iterable or an async iterable, not 5',
    });
    expect(await reasonOf(executor.run(nested.streamsOf([5])))).toMatchObject({ name: 'InvalidTaskError' });
    expectEmpty(executor);
  });

  test('current() is for tasks', () => {
    expect(() => current()).toThrow('current() works only within a task that an executor runs');
  });
});
