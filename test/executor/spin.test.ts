import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { on, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { tasks } from 'millrace';
import type { Executor, Task } from 'millrace';
import { describe, expect } from 'vitest';
import fc from '../support/fast-check.ts';
import { patienceMs } from '../support/patience.ts';
import { reasonOf, present } from '../support/settling.ts';
import { testWith } from '../support/executor-test.ts';
import { work } from '../support/work.ts';

const polled = tasks<typeof import('../fixtures/polled.mjs')>(
  new URL('../fixtures/polled.mjs', import.meta.url),
);
const nested = tasks<typeof import('../fixtures/nested.mjs')>(
  new URL('../fixtures/nested.mjs', import.meta.url),
);
const test = testWith({ workers: 1, spin: true });

/** Enough for the thread to poll, if it ever does. */
async function callsAlone(executor: Executor, count = 20): Promise<void> {
  for (let n = 0; n < count; n++) expect(await executor.run(work.echo(n))).toBe(n);
}

describe('while calls keep a thread polling', () => {
  test.for([true, false])(
    'its timers go on, whether they keep its event loop (%s)',
    async (keeps, { executor }) => {
      const shared = new SharedArrayBuffer(4);
      const word = new Int32Array(shared);
      await executor.run(polled.tick(shared, keeps));
      while (Atomics.load(word, 0) < 5) await callsAlone(executor);
      Atomics.store(word, 0, -1000);
    },
  );

  test('what its tasks have left to do is done', async ({ executor }) => {
    const shared = new SharedArrayBuffer(4);
    await executor.run(polled.later(shared));
    while (Atomics.load(new Int32Array(shared), 0) === 0) await callsAlone(executor);
  });

  test('what a task has left behind ends no task that came after it', async ({ executor }) => {
    const ends: string[] = [];
    for (let round = 0; round < 20; round++) {
      // All are calls of one function: the thread knows it, so that they travel alone.
      for (let n = 0; n < 20; n++) await executor.run(polled.act('nothing'));
      await executor.run(polled.act('throw'));
      const [end] = await Promise.allSettled([executor.run(polled.act(2))]);
      ends.push(end.status);
    }
    expect(new Set(ends)).toEqual(new Set(['fulfilled']));
  });

  // On one core no thread polls.
  test.skipIf(availableParallelism() < 2)(
    'its loop does not count as busy for that',
    async ({ executor }) => {
      const started = once(process, 'worker') as Promise<[Worker]>;
      await callsAlone(executor, 200);
      const [thread] = await started;
      // What the thread has polled must be more than what passes between two readings, which a busy machine can make long.
      const isMoreIdle = () => {
        const { idleMs } = present(executor.workerLoopTimes()[0]);
        return idleMs > thread.performance.eventLoopUtilization().idle;
      };
      while (!isMoreIdle()) await callsAlone(executor);
    },
  );
});

/** What a program may do between two calls, and what must come of it. */
const steps: Record<string, (executor: Executor) => Promise<void>> = {
  async object(executor) {
    expect(await executor.run(work.echo({ deep: [1] }))).toEqual({ deep: [1] });
  },
  async promise(executor) {
    expect(await executor.run(work.later(3))).toBe(3);
  },
  async failure(executor) {
    expect(await reasonOf(executor.run(work.throwNamed('Named', 'E_CODE')))).toMatchObject({
      code: 'E_CODE',
    });
  },
  async crash(executor) {
    const outcomes = [work.exit(1), work.echo(1)].map((task: Task<unknown>) => executor.run(task));
    expect(await Promise.allSettled(outcomes)).toMatchObject([
      { status: 'rejected', reason: { code: 'ERR_MILLRACE_WORKER_CRASHED' } },
      { status: 'fulfilled', value: 1 },
    ]);
  },
  async exitAfterwards(executor) {
    expect(await executor.run(polled.exitSoon())).toBe('ended');
    const results = await Promise.all([1, 2, 3, 4].map((n) => executor.run(work.echo(n))));
    expect(results).toEqual([1, 2, 3, 4]);
  },
  async urgency(executor) {
    const futures = [0, 1, 2].map((priority) =>
      present(executor.trySubmit(work.echo(priority), { priority })),
    );
    expect(await Promise.all(futures.map((future) => future.result()))).toEqual([0, 1, 2]);
  },
  async unreadable(executor) {
    let deep: object = {};
    for (let level = 0; level < 900; level++) deep = { deep };
    // A getter, because what is nested that deeply is refused as it is.
    const task = work.echo({
      get deep() {
        return deep;
      },
    });
    const [end, next] = await Promise.allSettled([executor.run(task), executor.run(work.echo(4))]);
    expect(end.status === 'rejected' ? (end.reason as Error).name : end.status).toMatch(
      /DataCloneError|fulfilled/,
    );
    expect(next).toEqual({ status: 'fulfilled', value: 4 });
  },
  async few(executor) {
    const results = await Promise.all([1, 2, 3, 4].map((n) => executor.run(work.echo(n))));
    expect(results).toEqual([1, 2, 3, 4]);
  },
  async cancellation(executor) {
    const futures = [1, 2, 3].map((n) => present(executor.trySubmit(work.echo(n))));
    futures[1]?.cancel('why');
    const outcomes = await Promise.all(futures.map((future) => future.outcome()));
    expect(outcomes[0]).toMatchObject({ status: 'fulfilled', value: 1 });
    expect(outcomes[1]?.status).toMatch(/cancelled|fulfilled/);
    expect(outcomes[2]).toMatchObject({ status: 'fulfilled', value: 3 });
  },
  async nesting(executor) {
    expect(await executor.run(nested.deep(3))).toBe(3);
  },
  blockedMainThread: () => {
    for (const end = performance.now() + 1; performance.now() < end; );
    return Promise.resolve();
  },
};

/** Linux alone can tell; a continued process is stopped no longer, if it was before. */
function isStopped({ pid }: ChildProcess): boolean {
  return process.platform !== 'linux' || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') T ');
}

test('a process that is stopped again and again goes on where it was', async () => {
  const calls = 3000;
  const main = fileURLToPath(new URL('../fixtures/lone-caller.mjs', import.meta.url));
  const child = fork(main, [String(calls)]);
  let seen = 0;
  for await (const [n] of on(child, 'message', { close: ['exit'] }) as AsyncIterable<[number]>) {
    seen++;
    if (n === calls) break;
    child.kill('SIGSTOP');
    while (!isStopped(child)) await turn();
    child.kill('SIGCONT');
  }
  expect(seen).toBe(calls / 100);
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(0);
});

test('whatever comes between calls arrives as it is, and each future settles', {
  timeout: patienceMs,
}, async ({ makeExecutor }) => {
  const anyStep = fc.constantFrom(...Object.keys(steps));
  const sequences = fc.record({
    workers: fc.integer({ min: 1, max: 2 }),
    sequence: fc.array(anyStep, { minLength: 5, maxLength: 30 }),
  });
  const property = fc.asyncProperty(sequences, async ({ workers, sequence }) => {
    const executor = makeExecutor({ workers, spin: true, resourceLimits: { stackSizeMb: 0.5 } });
    for (const step of sequence) {
      await callsAlone(executor);
      await present(steps[step])(executor);
    }
    await callsAlone(executor);
    await executor.shutdown();
    const { submitted, fulfilled, rejected, cancelled } = executor.stats();
    expect(fulfilled + rejected + cancelled).toBe(submitted);
  });
  await fc.assert(property, { numRuns: 8 });
});
