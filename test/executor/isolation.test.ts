import { WorkerCrashedError } from 'millrace';
import type { Executor } from 'millrace';
import { describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import type { Gate } from '../support/gate.ts';
import { reasonOf, rounds } from '../support/settling.ts';
import { standingClock } from '../support/standing-clock.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });

/** From now on quick tasks travel in batches: the executor knows how long these take. */
async function warm(executor: Executor, gate: Gate, count = 20): Promise<void> {
  for (let left = count; left > 0; left--) await executor.run(work.count(gate.shared));
}

test('a thread that cannot be replaced fails what waits for it, with the reason', async ({
  makeExecutor,
}) => {
  const buffer = new ArrayBuffer(8);
  const executor = makeExecutor({ workers: 1, workerData: { buffer } });
  await executor.run(work.echo(0));
  // No other thread can be given this any more.
  structuredClone(buffer, { transfer: [buffer] });
  await reasonOf(executor.run(work.exit(1)));
  const error = await reasonOf(executor.run(work.echo(1)));
  expect(error).toBeInstanceOf(WorkerCrashedError);
  expect(error).toMatchObject({ exitCode: undefined, cause: { name: 'DataCloneError' } });
  await executor.shutdown();
});

describe('a task that ends its thread', () => {
  test('is the only one that fails, and those sent with it run exactly once', async ({ executor, gate }) => {
    await warm(executor, gate, 20);
    await executor.run(work.echo(0));
    const first = await executor.submit(work.pass(gate.shared));
    await gate.arrivals();
    const before = await Promise.all(
      Array.from({ length: 20 }, () => executor.submit(work.count(gate.shared))),
    );
    const culprit = await executor.submit(work.exit(3));
    const after = await Promise.all(
      Array.from({ length: 20 }, () => executor.submit(work.count(gate.shared))),
    );
    await rounds();
    gate.open();
    await Promise.all([first, ...before, ...after].map((future) => future.result()));
    expect(gate.count).toBe(20 + 40);
    const error = await reasonOf(culprit.result());
    expect(error).toBeInstanceOf(WorkerCrashedError);
    expect(error).toMatchObject({ exitCode: 3, task: 'exit', finished: false });
  });

  test('by an uncaught error after another one had ended takes that one not with it', async ({
    executor,
    gate,
  }) => {
    expect(await executor.run(work.throwAfterEnd())).toBe('ended');
    const next = await executor.submit(work.count(gate.shared));
    const outcome = await next.outcome();
    // It ran, or it was lost while it ran; but it did not run twice, and the executor goes on.
    expect(gate.count).toBeLessThanOrEqual(1);
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({ cause: { message: 'too late' } });
    expect(await executor.run(work.echo('on'))).toBe('on');
  });

  test('is run again as often as retries allow, and then fails', async ({ executor, gate }) => {
    gate.open();
    const error = await reasonOf(executor.run(work.passAndExit(gate.shared, 1), { retries: 2 }));
    expect(error).toBeInstanceOf(WorkerCrashedError);
    expect(gate.arrived).toBe(3);
  });

  test('loses nothing whose buffers were to move to that thread', async ({ executor, gate }) => {
    const culprit = await executor.submit(work.passAndExit(gate.shared, 1));
    await gate.arrivals();
    const buffer = new ArrayBuffer(8);
    const moved = await executor.submit(work.byteLength(buffer).with({ transfer: [buffer] }));
    await rounds();
    gate.open();
    expect((await culprit.outcome()).status).toBe('rejected');
    expect(await moved.outcome()).toMatchObject({ status: 'fulfilled', value: 8 });
  });

  test('gives back first what had moved to it, buffers as buffers', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, ...standingClock });
    // Known to be quick from now on: nothing moves to a thread behind what may take long.
    await executor.run(work.passAndExitIf());
    await executor.run(work.areBuffers({ a: Buffer.from('a'), list: [Buffer.from('b')] }));
    await executor.run(work.byteLength(new ArrayBuffer(1)));
    const culprit = await executor.submit(work.passAndExitIf(gate.shared));
    await gate.arrivals();
    const value = { a: Buffer.alloc(10_000), list: [Buffer.alloc(20_000)] };
    const transfer = [value.a.buffer, value.list[0]?.buffer as ArrayBuffer];
    const revived = await executor.submit(work.areBuffers(value).with({ transfer }));
    const bytes = new ArrayBuffer(8);
    const counted = await executor.submit(work.byteLength(bytes).with({ transfer: [bytes] }));
    await rounds();
    // Both have moved to the thread that is going to end.
    expect([value.a.byteLength, bytes.byteLength]).toEqual([0, 0]);
    gate.open();
    expect((await culprit.outcome()).status).toBe('rejected');
    expect(await revived.result()).toEqual([true, true]);
    expect(await counted.result()).toBe(8);
  });

  test('out of memory is the only one that fails', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, resourceLimits: { maxOldGenerationSizeMb: 32 } });
    const culprit = await executor.submit(work.eatMemory());
    const behind = await executor.submit(work.echo('behind'));
    const error = await reasonOf(culprit.result());
    expect(error).toBeInstanceOf(WorkerCrashedError);
    expect(error).toMatchObject({ cause: { code: 'ERR_WORKER_OUT_OF_MEMORY' } });
    expect(await behind.result()).toBe('behind');
  });
});

test('no task waits behind a long one while a worker is free', async ({ gate, makeExecutor }) => {
  const executor = makeExecutor({ workers: 2 });
  await executor.ready();
  const long = await executor.submit(work.pass(gate.shared));
  await gate.arrivals();
  const quick = await Promise.all(Array.from({ length: 50 }, (_, n) => executor.submit(work.echo(n))));
  await Promise.all(quick.map((future) => future.result()));
  expect(long.state).toBe('running');
});

test('a more urgent task starts before all that have not started', async ({ executor, gate }) => {
  await executor.submit(work.pass(gate.shared));
  await gate.arrivals();
  const order: string[] = [];
  const submit = async (name: string, priority: number) => {
    const future = await executor.submit(work.echo(name), { priority });
    return future.result().then((value) => order.push(value));
  };
  const ends = [submit('a', 0), submit('b', 0)];
  await rounds();
  ends.push(submit('urgent', 5), submit('c', 0), submit('last', -1), submit('less urgent', 1));
  await rounds();
  gate.open();
  await Promise.all(ends);
  expect(order).toEqual(['urgent', 'less urgent', 'a', 'b', 'c', 'last']);
});
