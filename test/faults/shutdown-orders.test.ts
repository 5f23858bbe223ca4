import { Executor, ExecutorClosedError } from 'millrace';
import type { Future, ShutdownMode } from 'millrace';
import { beforeEach, describe, expect, test } from 'vitest';
import { faults } from '../support/faults.ts';
import { Gate } from '../support/gate.ts';
import { reasonOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

const modes = ['drain', 'cancel', 'kill'] as const;
/** Failures that nobody reads are not what these tests are about. */
const quiet = { onUnobservedError: () => {} };
const urgency = { drain: 0, cancel: 1, kill: 2 };

let gate: Gate;
beforeEach(() => {
  gate = new Gate();
});

type Step = 'submit' | 'withdraw' | 'crash' | ShutdownMode;

/** All orders of these. */
function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

/** What has been submitted, and what has become of it. */
class Run {
  readonly executor: Executor = new Executor({ ...quiet, workers: 1, maxPending: 2 });
  /** Holds the thread, and takes it down when the gate opens. */
  running!: Future<unknown>;
  readonly pending: Future<unknown>[] = [];
  readonly waiting: Promise<unknown>[] = [];
  readonly late: Promise<unknown>[] = [];
  readonly #closed: Promise<void>[] = [];
  mode: ShutdownMode | null = null;
  cancelled: Future<unknown> | undefined;
  crashed = false;

  async fill(): Promise<void> {
    this.running = await this.executor.submit(work.passAndExit(gate.shared, 6));
    await gate.arrivals();
    for (const n of [1, 2]) this.pending.push(await this.executor.submit(faults.count(gate.shared, n)));
    this.waiting.push(this.#endOf(this.executor.run(faults.count(gate.shared, 'waited'))));
  }

  async play(step: Step): Promise<void> {
    if (step === 'submit') {
      const submission = this.#endOf(this.executor.run(faults.count(gate.shared, 'submitted')));
      (this.mode === null ? this.waiting : this.late).push(submission);
    } else if (step === 'withdraw') {
      this.cancelled = this.pending[0];
      expect(this.cancelled?.cancel('by hand')).toBe(this.cancelled?.state === 'cancelled');
    } else if (step === 'crash') await this.#crash();
    else {
      if (this.mode === null || urgency[step] > urgency[this.mode]) this.mode = step;
      this.#closed.push(this.executor.shutdown({ mode: step }));
    }
  }

  closed(): Promise<unknown> {
    return Promise.all(this.#closed);
  }

  /** Lets the thread go down, and waits until that is known. */
  async #crash(): Promise<void> {
    gate.open();
    await this.running.outcome();
    this.crashed = true;
  }

  #endOf(promise: Promise<unknown>): Promise<unknown> {
    return promise.catch((error: unknown) => error);
  }
}

async function expectLaws(run: Run): Promise<void> {
  const { executor, running, pending, waiting, late } = run;
  const outcomes = await Promise.all([running, ...pending].map((future) => future.outcome()));
  const ends = await Promise.all(waiting);
  for (const end of await Promise.all(late)) expect(end).toBeInstanceOf(ExecutorClosedError);
  for (const end of ends) {
    if (!(end instanceof ExecutorClosedError)) expect(['waited', 'submitted']).toContain(end);
  }
  for (const outcome of outcomes) {
    if (outcome.status !== 'cancelled' || outcome.future === run.cancelled) continue;
    expect(outcome.reason).toBeInstanceOf(ExecutorClosedError);
  }
  const ran = outcomes.filter(({ status, future }) => status === 'fulfilled' && future !== running).length;
  const waited = ends.filter((end) => typeof end === 'string').length;
  expect(gate.count, 'nothing that was cancelled or refused has run').toBe(ran + waited);
  const stats = executor.stats();
  expect(stats).toMatchObject({ running: 0, pending: 0, waiting: 0, busy: 0, pendingBytes: 0 });
  expect(stats.fulfilled + stats.rejected + stats.cancelled + stats.refused).toBe(stats.submitted);
  expect(() => executor.trySubmit(faults.echo(1))).toThrow(ExecutorClosedError);
}

describe.each(modes)(
  'every order of a shutdown that is to %s, a submission, a cancellation and a crash',
  (mode) => {
    test.each(orders<Step>([mode, 'submit', 'withdraw', 'crash']).map((order) => [order.join(', '), order]))(
      '%s',
      async (_, order) => {
        const run = new Run();
        await run.fill();
        for (const step of order) await run.play(step);
        await run.closed();
        await expectLaws(run);
        // The one that runs is cancelled only by a kill that comes before its crash.
        const killed = mode === 'kill' && order.indexOf('kill') < order.indexOf('crash');
        expect(run.running.state).toBe(killed ? 'cancelled' : 'rejected');
      },
    );
  },
);

test.each(orders(modes).map((order) => [order.join(', '), order]))(
  'every order of all three modes, with a crash at the end: %s',
  async (_, order) => {
    const run = new Run();
    await run.fill();
    for (const mode of order as ShutdownMode[]) await run.play(mode);
    await run.play('submit');
    await run.play('crash');
    await run.closed();
    await expectLaws(run);
    expect(run.running.state).toBe('cancelled');
  },
);

test('a drain that goes on while its threads crash runs all that was admitted', async () => {
  const executor = new Executor({ ...quiet, workers: 2, maxPending: 20 });
  const held = await executor.submit(work.pass(gate.shared));
  await gate.arrivals();
  const futures = Array.from({ length: 12 }, (_, n) =>
    executor.trySubmit(n % 3 === 0 ? faults.exitNow(1) : faults.count(gate.shared, n)),
  );
  const waiting = reasonOf(
    Promise.all(Array.from({ length: 20 }, (_, n) => executor.submit(faults.echo(n)))),
  );
  const closed = executor.shutdown();
  expect(await waiting).toBeInstanceOf(ExecutorClosedError);
  gate.open();
  await closed;
  expect(held.state).toBe('fulfilled');
  expect(futures.map((future) => future?.state)).toEqual(
    futures.map((_, n) => (n % 3 === 0 ? 'rejected' : 'fulfilled')),
  );
});

test('await using drains on the way of an error, which stays the error', async () => {
  let future: Future<unknown> | undefined;
  async function body(): Promise<void> {
    await using executor = new Executor({ workers: 1 });
    future = await executor.submit(work.pass(gate.shared, 'ran'));
    await gate.arrivals();
    gate.open();
    throw new Error('on the way');
  }
  expect(await reasonOf(body())).toMatchObject({ message: 'on the way' });
  expect(await future?.result()).toBe('ran');
});

test('await using, with an executor that was killed inside, does no harm', async () => {
  async function body(): Promise<string> {
    await using executor = new Executor({ workers: 1 });
    await executor.submit(work.never());
    await executor.shutdown({ mode: 'kill' });
    return 'fine';
  }
  expect(await body()).toBe('fine');
});
