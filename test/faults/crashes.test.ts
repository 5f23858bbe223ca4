import { tasks, WorkerCrashedError } from 'millrace';
import type { Future, Task } from 'millrace';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import type { MakeExecutor } from '../support/executor-test.ts';
import { faults } from '../support/faults.ts';
import { Gate } from '../support/gate.ts';
import { collect, reasonOf } from '../support/settling.ts';

const test = testWith({ workers: 1 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-faults-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const module = (file: string) => tasks<{ kind(): string }>(new URL(`../fixtures/${file}`, import.meta.url));

/** Threads that are started from now on. */
function watchThreads(): { readonly started: Worker[]; stop(): void } {
  const started: Worker[] = [];
  const listener = (worker: Worker) => void started.push(worker);
  process.on('worker', listener);
  return { started, stop: () => void process.off('worker', listener) };
}

/**
 * Runs the culprit beside a task in the other thread, and with others behind it. They must not notice.
 *
 * @returns why the culprit failed.
 */
async function expectOnlyCulprit(
  { gate, makeExecutor }: { readonly gate: Gate; readonly makeExecutor: MakeExecutor },
  task: Task<unknown>,
  whenBegun?: () => Promise<void>,
): Promise<unknown> {
  const executor = makeExecutor({ workers: 2, resourceLimits: { maxOldGenerationSizeMb: 40 } });
  await executor.ready();
  const beside = await executor.submit(faults.pass(gate.shared, 'beside'));
  await gate.arrivals(1);
  const culprit = await executor.submit(task);
  const behind = await Promise.all([1, 2, 3].map((n) => executor.submit(faults.count(gate.shared, n))));
  await whenBegun?.();
  const reason = await reasonOf(culprit.result());
  expect(await Promise.all(behind.map((future) => future.result()))).toEqual([1, 2, 3]);
  expect(gate.count, 'each ran once').toBe(3);
  expect(beside.state).toBe('running');
  gate.open();
  expect(await beside.result()).toBe('beside');
  expect(executor.stats()).toMatchObject({ fulfilled: 4, rejected: 1, running: 0, pending: 0 });
  return reason;
}

describe('only the culprit fails, with WorkerCrashedError, of', () => {
  test.for([
    ['process.exit()', () => faults.exitNow(3), { exitCode: 3, task: 'exitNow' }],
    ['process.exit(0)', () => faults.exitNow(0), { exitCode: 0, task: 'exitNow' }],
    ['process.exit() while it waits', () => faults.exitLater(4), { exitCode: 4, task: 'exitLater' }],
    [
      'an uncaught exception while it waits',
      () => faults.uncaughtDuring(),
      { exitCode: 1, cause: { name: 'RangeError', message: 'during' } },
    ],
    [
      'an unhandled rejection while it waits',
      () => faults.unhandledDuring(),
      { exitCode: 1, cause: { name: 'RangeError', message: 'during' } },
    ],
    [
      'a module that exits while it is loaded',
      () => module('exits.mjs').kind(),
      { exitCode: 4, task: 'kind' },
    ],
    ['a setup() that exits', () => module('setup-exits.mjs').kind(), { exitCode: 5, task: 'kind' }],
  ] as const)('%s', async ([, makeTask, facts], { gate, makeExecutor }) => {
    const reason = await expectOnlyCulprit({ gate, makeExecutor }, makeTask());
    expect(reason).toBeInstanceOf(WorkerCrashedError);
    expect(reason).toMatchObject({ code: 'ERR_MILLRACE_WORKER_CRASHED', finished: false, ...facts });
  });

  test('running out of memory', async ({ gate, makeExecutor }) => {
    const own = new Gate();
    own.open();
    const reason = await expectOnlyCulprit({ gate, makeExecutor }, faults.eatMemory(own.shared));
    expect(reason).toBeInstanceOf(WorkerCrashedError);
    expect(reason).toMatchObject({ finished: false, cause: { code: 'ERR_WORKER_OUT_OF_MEMORY' } });
  });

  test('terminate() from outside', async ({ gate, makeExecutor }) => {
    const own = new Gate();
    const threads = watchThreads();
    const reason = await expectOnlyCulprit(
      { gate, makeExecutor },
      faults.tellThreadAndPass(own.shared),
      async () => {
        await own.arrivals();
        await threads.started.find(({ threadId }) => threadId === own.count)?.terminate();
      },
    );
    threads.stop();
    expect(reason).toBeInstanceOf(WorkerCrashedError);
    expect(reason).toMatchObject({ exitCode: 1, finished: false });
    expect((reason as Error).cause).toBeUndefined();
  });
});

test('a module that exits while it is loaded does so for each of its tasks, and for no other', async ({
  executor,
}) => {
  const ends = await Promise.all(
    [module('exits.mjs').kind(), faults.echo(1), module('exits.mjs').kind(), faults.echo(2)].map(
      async (task: Task<unknown>) => (await executor.submit(task)).outcome(),
    ),
  );
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
});

test('a native addon that will not load fails its task with the error of the loader', async ({
  executor,
}) => {
  const thread = await executor.run(faults.thread());
  const error = await reasonOf(executor.run(faults.loadAddon(join(folder, 'garbage.node'))));
  expect(error).toMatchObject({ name: 'Error', code: 'ERR_DLOPEN_FAILED' });
  expect(await executor.run(faults.thread()), 'the thread goes on').toBe(thread);
});

test('retries run the culprit again, and a later success counts', async ({ executor, gate }) => {
  expect(await executor.run(faults.exitOnce(gate.shared), { retries: 1 })).toBe('second time');
  expect(gate.count).toBe(2);
});

test.for([
  ['uncaughtException', 'thrown'],
  ['uncaughtException', 'rejected'],
  ['unhandledRejection', 'rejected'],
] as const)(
  'a listener for %s that a task has left hears what others leave %s: no thread ends',
  async ([event, kind], { makeExecutor }) => {
    const executor = makeExecutor({ workers: 1 });
    expect(await reasonOf(executor.run(faults.goesOn(kind)))).toBeInstanceOf(WorkerCrashedError);
    await executor.run(faults.listenFor(event));
    expect(await executor.run(faults.goesOn(kind))).toBe('it went on');
  },
);

test('several culprits in a row take nothing else with them', async ({ gate, makeExecutor }) => {
  const executor = makeExecutor({ workers: 2, maxPending: 300 });
  const crashes = (index: number) => index % 10 === 5;
  const futures = Array.from({ length: 80 }, (_, index) =>
    executor.trySubmit(crashes(index) ? faults.exitNow(1) : faults.count(gate.shared, index)),
  ) as Future<unknown>[];
  const outcomes = await Promise.all(futures.map((future) => future.outcome()));
  for (const [index, { status }] of outcomes.entries()) {
    expect(status, `task ${index}`).toBe(crashes(index) ? 'rejected' : 'fulfilled');
  }
  expect(gate.count).toBe(72);
});

describe('an error after its task had ended', () => {
  test.for([
    ['thrown', (gate: Gate) => faults.uncaughtAfter(gate.shared), 'uncaughtAfter'],
    ['in a rejection', (gate: Gate) => faults.unhandledAfter(gate.shared), 'unhandledAfter'],
  ] as const)(
    '%s, is reported by the name of the task, and the executor goes on',
    async ([, makeTask, name], { executor, gate }) => {
      const future = await executor.submit(makeTask(gate));
      await future.result();
      const warned = once(process, 'warning');
      gate.open();
      const [warning] = (await warned) as [Error];
      expect(warning.name).toBe('MillraceWorkerWarning');
      expect(warning.message).toMatch(
        new RegExp(`^a worker thread ended by itself, after '${name}' had ended .*RangeError.*: after`),
      );
      expect(future.state).toBe('fulfilled');
      expect(await executor.run(faults.echo('on'))).toBe('on');
    },
  );
});

describe('code that a task has left running, and that holds its thread', () => {
  test('holds up no task, while another thread is idle', async ({ makeExecutor, gate }) => {
    const executor = makeExecutor({ workers: 2 });
    await executor.ready();
    await executor.run(faults.holdAfter(gate.shared));
    await gate.arrivals(1);
    const echoes = [1, 2, 3].map((n) => executor.run(faults.echo(n)));
    expect(await Promise.all(echoes)).toEqual([1, 2, 3]);
    gate.open();
    expect(await executor.run(faults.echo('on'))).toBe('on');
  });

  test('nor while another thread can be started', async ({ makeExecutor, gate }) => {
    const executor = makeExecutor({ workers: 2 });
    await executor.run(faults.holdAfter(gate.shared));
    await gate.arrivals(1);
    expect(executor.stats().threads).toBe(1);
    expect(await executor.run(faults.echo('on'))).toBe('on');
    gate.open();
  });
});

describe('arguments that a thread can’t read', () => {
  test('fail their own task, and no thread', async ({ makeExecutor }) => {
    // More levels than such a thread has stack for.
    const executor = makeExecutor({ workers: 1, resourceLimits: { stackSizeMb: 0.5 } });
    await executor.ready();
    const threads = watchThreads();
    let nested = {};
    for (let left = 980; left > 0; left--) nested = { nested };
    const culprit = await executor.submit(faults.echo(nested));
    const behind = await executor.submit(faults.echo('behind'));
    const error = await reasonOf(culprit.result());
    expect(error).toMatchObject({
      name: 'DataCloneError',
      message: expect.stringMatching(/^args: RangeError: Maximum call stack size exceeded/),
    });
    expect(await behind.result()).toBe('behind');
    threads.stop();
    expect(threads.started).toHaveLength(0);
  });
});

describe('threads that can’t boot', () => {
  const missing = () => pathToFileURL(join(folder, 'preload.mjs')).href;
  const start = (makeExecutor: MakeExecutor, workers: number) =>
    makeExecutor({ workers, maxPending: 2, execArgv: ['--import', missing()] });

  test('are tried four times; then all that waits is told why: tasks, callers and loops', async ({
    makeExecutor,
  }) => {
    const threads = watchThreads();
    const executor = start(makeExecutor, 1);
    const ready = reasonOf(executor.ready());
    const futures = [1, 2, 3].map((n) => executor.trySubmit(faults.echo(n))) as Future<unknown>[];
    const callers = [4, 5, 6].map((n) => reasonOf(executor.submit(faults.echo(n))));
    const loop = reasonOf(collect(executor.asCompleted([faults.echo(7)])));
    const results = futures.map((future) => reasonOf(future.result()));
    for (const reason of await Promise.all([ready, ...results, ...callers, loop])) {
      expect(reason).toBeInstanceOf(WorkerCrashedError);
      expect(reason).toMatchObject({ cause: { code: 'ERR_MODULE_NOT_FOUND' } });
    }
    threads.stop();
    expect(threads.started).toHaveLength(4);
    expect(executor.stats()).toMatchObject({ rejected: 3, refused: 3, waiting: 0, pending: 0 });
  });

  test('boot when the cause has gone away', async ({ makeExecutor }) => {
    const executor = start(makeExecutor, 2);
    expect(await reasonOf(executor.run(faults.echo(1)))).toBeInstanceOf(WorkerCrashedError);
    writeFileSync(new URL(missing()), '');
    expect(await executor.run(faults.echo(2))).toBe(2);
    await executor.ready();
  });

  test('don’t keep a shutdown waiting', async ({ makeExecutor }) => {
    const executor = start(makeExecutor, 2);
    const pending = await executor.submit(faults.echo(1));
    const closed = executor.shutdown({ mode: 'cancel' });
    expect(await pending.outcome()).toMatchObject({ status: 'cancelled' });
    await closed;
  });

  test('while a shutdown drains: what waits is told, and the shutdown ends', async ({ makeExecutor }) => {
    const executor = start(makeExecutor, 1);
    const pending = await executor.submit(faults.echo(1));
    const closed = executor.shutdown();
    expect(await reasonOf(pending.result())).toBeInstanceOf(WorkerCrashedError);
    await closed;
  });

  test('because Node refuses an option: the constructor says so', ({ makeExecutor }) => {
    expect(() => makeExecutor({ workers: 2, execArgv: ['--no-such-flag'] })).toThrow(
      expect.objectContaining({ name: 'InvalidOptionError', option: 'execArgv' }),
    );
    expect(() => makeExecutor({ workers: 2, workerData: () => {} })).toThrow(
      expect.objectContaining({ name: 'InvalidOptionError', option: 'workerData' }),
    );
  });
});
