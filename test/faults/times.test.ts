import type { Executor, Task } from 'millrace';
import { describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import { faults } from '../support/faults.ts';
import { Gate } from '../support/gate.ts';
import { present, reasonOf, settlementOf } from '../support/settling.ts';

const test = testWith({ workers: 1, interruptGraceMs: 1 });

const never = [
  ['a promise that never settles', () => faults.settlesNever()],
  ['a thenable that never calls', () => faults.thenable([])],
  ['a loop without end', () => faults.spin()],
  ['a result whose getter never returns', () => faults.endlessGetter()],
] as const;

describe('what never ends,', () => {
  test.for(never)(
    'with timeoutMs, is a TaskTimeoutError and ends its thread: %s',
    async ([, makeTask], { executor }) => {
      const thread = await executor.run(faults.thread());
      const endless = await executor.submit(makeTask(), { timeoutMs: 10 });
      const behind = await executor.submit(faults.thread());
      expect(await reasonOf(endless.result())).toMatchObject({ name: 'TaskTimeoutError', phase: 'running' });
      expect(await behind.result()).not.toBe(thread);
    },
  );

  /** Until the deadline has met the task while it ran: a machine that is busy may not have started it by then. */
  async function runIntoDeadline(executor: Executor, task: Task<unknown>, interrupt: boolean): Promise<void> {
    let phase: unknown;
    for (let deadlineMs = 50; phase !== 'running'; deadlineMs *= 2) {
      const error = await reasonOf(executor.run(task, { deadlineMs, interrupt }));
      expect(error).toMatchObject({ name: 'TaskTimeoutError' });
      ({ phase } = error as { phase: unknown });
    }
  }

  test.for(never)(
    'with deadlineMs, settles, and its worker stays busy: %s',
    async ([, makeTask], { executor }) => {
      await executor.run(faults.echo('the module is loaded'));
      await runIntoDeadline(executor, makeTask(), false);
      expect(executor.stats()).toMatchObject({ running: 0, pending: 0, busy: 1 });
    },
  );

  test('with deadlineMs and interrupt, ends its thread too', async ({ executor }) => {
    const thread = await executor.run(faults.thread());
    await runIntoDeadline(executor, faults.settlesNever(), true);
    expect(await executor.run(faults.thread())).not.toBe(thread);
  });

  test('without a time, goes on until it is cancelled; its thread only until it is ended', async ({
    executor,
    gate,
  }) => {
    const endless = await executor.submit(faults.passLater(gate.shared), { interrupt: true });
    await gate.arrivals();
    expect(await settlementOf(endless.result())).toBe('pending');
    expect(endless.cancel('enough', { interrupt: true })).toBe(true);
    expect(await reasonOf(endless.result())).toBe('enough');
    expect(await executor.run(faults.echo('on'))).toBe('on');
  });

  test('without a time, keeps a drain waiting, and no kill', async ({ executor }) => {
    const endless = await executor.submit(faults.settlesNever());
    const closed = executor.shutdown();
    expect(await settlementOf(closed)).toBe('pending');
    await executor.shutdown({ mode: 'kill' });
    await closed;
    expect(endless.state).toBe('cancelled');
  });
});

test('an error after the time is up is nobody’s concern any more', async ({ executor, gate }) => {
  const future = await executor.submit(faults.passLater(gate.shared), { deadlineMs: 1e6 });
  await gate.arrivals();
  future.cancel('first');
  gate.open();
  expect(await executor.run(faults.echo('on'))).toBe('on');
  expect(await future.outcome()).toMatchObject({ status: 'cancelled', reason: 'first' });
});

describe('a result that is ready while the next task of its batch goes on', () => {
  /** Quick tasks that travel together with one that waits at the gate, in the middle of them. */
  async function batch(
    executor: Executor,
    gate: Gate,
    fn: (gate?: SharedArrayBuffer) => ReturnType<typeof faults.passIf>,
    deadlineMs: number,
  ) {
    for (let left = 30; left > 0; left--) await executor.run(fn());
    const first = present(executor.trySubmit(faults.pass(gate.shared)));
    await gate.arrivals(1);
    const own = new Gate();
    const before = [1, 2, 3].map(() => present(executor.trySubmit(fn(), { deadlineMs })));
    const long = present(executor.trySubmit(fn(own.shared)));
    const after = [1, 2, 3].map(() => present(executor.trySubmit(fn())));
    await settlementOf(Promise.resolve());
    gate.open();
    await first.result();
    await own.arrivals(1);
    return { own, before, long, after };
  }

  test('arrives, if that one waits for something', async ({ executor, gate }) => {
    const { own, before, long, after } = await batch(executor, gate, faults.passLaterIf, 1e6);
    await Promise.all(before.map((future) => future.result()));
    expect(long.state).toBe('running');
    own.open();
    await Promise.all(after.map((future) => future.result()));
  });

  test('settles by its deadline, if that one gives the thread no turn', async ({ executor, gate }) => {
    const { own, before, long, after } = await batch(executor, gate, faults.passIf, 300);
    const settled = await Promise.all(before.map((future) => future.outcome()));
    for (const outcome of settled) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'TaskTimeoutError' });
    }
    expect(long.state).toBe('running');
    own.open();
    await Promise.all([long, ...after].map((future) => future.result()));
    expect(executor.stats()).toMatchObject({ running: 0, pending: 0 });
  });
});
