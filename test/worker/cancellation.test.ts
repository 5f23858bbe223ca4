import { tasks } from 'millrace';
import { cancellation } from 'millrace/worker';
import { describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import { reasonOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });

const hosted = tasks<typeof import('../fixtures/hosted.mjs')>(
  new URL('../fixtures/hosted.mjs', import.meta.url),
);

describe('a running task that is cancelled', () => {
  test('can see it in the midst of a loop, and frees its thread', async ({ executor, gate }) => {
    const thread = await executor.run(hosted.thread());
    const future = await executor.submit(hosted.untilAborted(gate.shared));
    await gate.arrivals();
    expect(future.cancel()).toBe(true);
    expect(future.state).toBe('cancelled');
    await gate.counted(1);
    expect(await executor.run(hosted.thread())).toBe(thread);
  });

  test('can have it thrown', async ({ executor, gate }) => {
    const future = await executor.submit(hosted.untilThrown(gate.shared));
    await gate.arrivals();
    future.cancel();
    await gate.counted(1);
    expect(await executor.run(work.echo('on'))).toBe('on');
  });

  test('gets the reason with its signal', async ({ executor, gate }) => {
    const future = await executor.submit(hosted.untilSignalled(gate.shared));
    await gate.arrivals();
    const reason = new RangeError('enough', { cause: 'tests' });
    future.cancel(reason);
    expect(await reasonOf(future.result())).toBe(reason);
    await gate.counted(1);
    const told = await executor.run(hosted.lastReason());
    expect(told).toBeInstanceOf(RangeError);
    expect(told).toMatchObject({ message: 'enough', cause: 'tests' });
  });

  test('by its signal is told the same way', async ({ executor, gate }) => {
    const controller = new AbortController();
    const ended = executor.run(hosted.untilSignalled(gate.shared), { signal: controller.signal });
    await gate.arrivals();
    controller.abort('away');
    expect(await reasonOf(ended)).toBe('away');
    await gate.counted(1);
    expect(await executor.run(hosted.lastReason())).toBe('away');
  });

  test('by its deadline is told as well, and may go on until it returns', async ({ executor, gate }) => {
    // Its module is loaded: a task that is told to stop before never begins.
    await executor.run(hosted.thread());
    let phase: unknown;
    // A machine that is busy may not have started it by then.
    for (let deadlineMs = 50; phase !== 'running'; deadlineMs *= 2) {
      const ended = reasonOf(executor.run(hosted.untilAborted(gate.shared), { deadlineMs }));
      ({ phase } = (await ended) as { phase: unknown });
    }
    await gate.counted(1);
    expect(phase).toBe('running');
  });
});

test('what a task took home tells of itself only', async ({ executor, gate }) => {
  await executor.run(hosted.keep());
  const future = await executor.submit(hosted.untilAborted(gate.shared));
  await gate.arrivals();
  future.cancel();
  await gate.counted(1);
  expect(await executor.run(hosted.keptIsAborted())).toBe(false);
});

test('outside of an executor nothing is ever cancelled', () => {
  const { aborted, signal, throwIfAborted } = cancellation();
  expect([aborted, signal.aborted]).toEqual([false, false]);
  expect(throwIfAborted).not.toThrow();
});
