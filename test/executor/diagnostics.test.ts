import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { TaskMessage, WorkerMessage } from 'millrace';
import { afterEach, describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import { present, rounds } from '../support/settling.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });
let undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo) each();
  undo = [];
});

/** Notes what happens as lines like `submit 1` and `settle 1 fulfilled`. */
function listen(...events: string[]): string[] {
  const lines: string[] = [];
  for (const event of events) {
    const listener = (message: unknown) => {
      const { future, status } = message as TaskMessage & { status?: string };
      lines.push([event, future.id, ...(status === undefined ? [] : [status])].join(' '));
    };
    subscribe(`millrace:task:${event}`, listener);
    undo.push(() => unsubscribe(`millrace:task:${event}`, listener));
  }
  return lines;
}

const all = ['submit', 'start', 'settle', 'refuse'];

describe('tasks', () => {
  test('tell when they are submitted, started and settled', async ({ executor }) => {
    const lines = listen(...all);
    await executor.run(work.echo(1));
    await executor.run(work.reject('no')).catch(() => {});
    expect(lines).toEqual([
      'submit 1',
      'start 1',
      'settle 1 fulfilled',
      'submit 2',
      'start 2',
      'settle 2 rejected',
    ]);
  });

  test('in batches tell as well, and in order', async ({ executor }) => {
    await executor.run(work.echo(1));
    await executor.run(work.echo(1));
    const lines = listen(...all);
    await Promise.all(Array.from({ length: 50 }, (_, index) => executor.run(work.echo(index))));
    for (let id = 3; id <= 52; id++) {
      expect(lines.filter((line) => line.split(' ')[1] === String(id))).toEqual([
        `submit ${id}`,
        `start ${id}`,
        `settle ${id} fulfilled`,
      ]);
    }
  });

  test('that are refused or cancelled tell so', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 1 });
    const lines = listen(...all);
    const running = executor.trySubmit(work.pass(gate.shared));
    await gate.arrivals();
    await rounds();
    const pending = executor.trySubmit(work.echo(1));
    executor.trySubmit(work.echo(2));
    pending?.cancel();
    running?.cancel();
    expect(lines).toEqual([
      'submit 1',
      'start 1',
      'submit 2',
      'submit 3',
      'refuse 3',
      'settle 2 cancelled',
      'settle 1 cancelled',
    ]);
  });

  test('a start that only its subscriber asks for is told while the task runs', async ({
    executor,
    gate,
  }) => {
    const lines = listen('start');
    const future = await executor.submit(work.pass(gate.shared));
    await gate.arrivals();
    await rounds();
    expect(lines).toEqual(['start 1']);
    expect(future.timing.startedAt).toBeGreaterThan(future.timing.submittedAt);
  });
});

test('workers tell when they are up and when they have ended', async ({ makeExecutor }) => {
  const lines: string[] = [];
  for (const event of ['start', 'end']) {
    const listener = (message: unknown) => {
      const { executor: name, threadId } = message as WorkerMessage;
      if (name === 'told') lines.push(`${event} ${threadId > 0}`);
    };
    subscribe(`millrace:worker:${event}`, listener);
    undo.push(() => unsubscribe(`millrace:worker:${event}`, listener));
  }
  const executor = makeExecutor({ workers: 2, name: 'told' });
  await executor.ready();
  expect(lines).toEqual(['start true', 'start true']);
  await executor.run(work.exit(3)).catch(() => {});
  await executor.shutdown();
  expect(lines.filter((line) => line === 'end true').length).toBeGreaterThanOrEqual(2);
});

test('each worker tells how long its event loop was busy', async ({ makeExecutor }) => {
  const executor = makeExecutor({ workers: 2 });
  await executor.ready();
  await executor.run(work.echo(1));
  const times = executor.workerLoopTimes();
  expect(times).toHaveLength(2);
  for (const { activeMs, idleMs } of times) expect(activeMs + idleMs).toBeGreaterThan(0);
});

// Prometheus takes a counter that falls for one that began at 0 again, and adds all of it to the rate.
test('and none of its times ever falls', async ({ makeExecutor }) => {
  const executor = makeExecutor({ workers: 1 });
  let before = { activeMs: 0, idleMs: 0 };
  // A plain Worker's readings fell 722 of 4,885 times.
  for (let reading = 0; reading < 2000; reading++) {
    const task = executor.run(work.echo(reading));
    const [times] = executor.workerLoopTimes();
    const { activeMs, idleMs } = present(times);
    expect(activeMs).toBeGreaterThanOrEqual(before.activeMs);
    expect(idleMs).toBeGreaterThanOrEqual(before.idleMs);
    before = { activeMs, idleMs };
    await task;
  }
  expect(before.activeMs).toBeGreaterThan(0);
});
