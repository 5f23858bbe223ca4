import { tasks } from 'millrace';
import type { BatchAnswerMessage, Executor, WorkerEndMessage, WorkerStartMessage } from 'millrace';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import { generators } from '../support/generators.ts';
import { Heard } from '../support/heard.ts';
import { rounds } from '../support/settling.ts';
import { standingClock } from '../support/standing-clock.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });

const nested = tasks<typeof import('../fixtures/nested.mjs')>(
  new URL('../fixtures/nested.mjs', import.meta.url),
);

describe('inspect() tells', () => {
  test('where tasks are, and they add up', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 2, maxPendingBytes: 1000, name: 'seen' });
    const running = await executor.submit(work.pass(gate.shared), { label: 'the first' });
    await gate.arrivals();
    await executor.submit(work.echo(1));
    await executor.submit(work.echo(2));
    void executor.submit(work.echo(3)).catch(() => {});
    const { startedAt } = running.timing;
    const seen = executor.inspect();
    expect(seen).toMatchObject({ executor: 'seen', executorId: executor.executorId, state: 'open' });
    expect(seen.workers).toMatchObject([
      {
        worker: 0,
        task: { id: 1, label: 'the first', functionName: 'pass', since: startedAt, settled: false },
      },
    ]);
    expect(seen.workers[0]?.threadId).toBeGreaterThan(0);
    const { waiting, queued, sent, running: runs } = seen.tasks;
    expect([waiting, queued + sent, runs]).toEqual([1, 2, 1]);
    expect(seen.places).toEqual({ capacity: 3, taken: 3 });
    expect(seen.bytes.max).toBe(1000);
    expect(seen.totals).toMatchObject({ submitted: 4, fulfilled: 0, refused: 0 });
    expect(seen.origins).toEqual({ callers: 4, streams: 0, tasks: 0 });
  });

  test('of a task that was cancelled that its thread still runs it', async ({ executor, gate }) => {
    const running = await executor.submit(work.pass(gate.shared));
    await gate.arrivals();
    running.cancel();
    expect(executor.inspect().workers[0]?.task).toMatchObject({ id: 1, settled: true });
    expect(executor.inspect().tasks.running).toBe(0);
  });

  test('where tasks come from', async ({ executor }) => {
    await executor.run(nested.deep(2));
    for await (const _ of executor.map([1, 2], (item) => work.echo(item)));
    const { origins, totals } = executor.inspect();
    expect(origins.streams).toBe(2);
    expect(origins.tasks).toBeGreaterThan(0);
    expect(origins.callers + origins.streams + origins.tasks).toBe(totals.submitted);
  });

  test('two executors of one name apart', async ({ executor, makeExecutor }) => {
    await using other = makeExecutor({ workers: 1 });
    expect(other.inspect().executorId).not.toBe(executor.inspect().executorId);
  });
});

describe('a loop over a source is seen', () => {
  const waitsFor = (executor: Executor) => executor.inspect().streams.map((stream) => stream.waitsFor);

  test('to wait for its source', async ({ executor }) => {
    async function* source() {
      await new Promise(() => {});
      yield 1;
    }
    const loop = executor.map(source(), (item) => work.echo(item));
    expect(waitsFor(executor)).toEqual([]);
    void loop.next();
    expect(waitsFor(executor)).toEqual(['source']);
    await loop.return?.();
    expect(waitsFor(executor)).toEqual([]);
  });

  test('to wait for a place', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    await executor.submit(work.pass(gate.shared));
    const next = executor.map([1, 2], (item) => work.echo(item)).next();
    next.catch(() => {});
    expect(waitsFor(executor)).toEqual(['place']);
  });

  test('to wait for its tasks', async ({ executor, gate }) => {
    const loop = executor.asCompleted([work.pass(gate.shared), work.echo(1)], { window: 1 });
    void loop.next();
    expect(waitsFor(executor)).toEqual(['tasks']);
    expect(executor.inspect().streams).toMatchObject([
      { kind: 'asCompleted', window: 1, open: 1, unread: 0, pulled: 1 },
    ]);
  });

  test('with as many tasks open as its window allows, whether they are generators or not', async ({
    executor,
    gate,
  }) => {
    const { readable, writable } = executor.stream(() => work.pass(gate.shared), { window: 3 });
    const writer = writable.getWriter();
    const read = readable.getReader().read();
    for (let item = 0; item < 4; item++) writer.write(item).catch(() => {});
    // How many microtasks later an item is pulled depends on the version of Node.
    while (executor.inspect().streams[0]?.open !== 3) await rounds();
    for (let times = 0; times < 3; times++) await rounds();
    expect(executor.inspect().streams).toMatchObject([{ kind: 'stream', window: 3, open: 3 }]);
    gate.open();
    await read;
  });

  test('to wait for its reader, until that has read all', async ({ executor }) => {
    const loop = executor.map([1, 2, 3], (item) => work.echo(item), { window: 2 });
    await loop.next();
    while (executor.stats().fulfilled < 2) await rounds();
    expect(executor.inspect().streams).toMatchObject([
      { kind: 'map', open: 1, unread: 1, waitsFor: 'reader' },
    ]);
    expect(executor.inspect().tasks.unread).toBe(1);
    await loop.next();
    await loop.next();
    await loop.next();
    expect(executor.inspect().streams).toEqual([]);
  });

  test('over generators to wait for its reader, while they do', async ({ executor }) => {
    const loop = executor.flatMap([5, 5], (upTo) => generators.count(upTo), { concurrency: 2, window: 2 });
    await loop.next();
    while (executor.stats().suspended < 2) await rounds();
    expect(executor.inspect().streams).toMatchObject([
      { kind: 'flatMap', window: 2, open: 2, unread: 0, pulled: 2, waitsFor: 'reader' },
    ]);
    await loop.return?.();
    expect(executor.inspect().streams).toEqual([]);
  });
});

describe('an iteration is seen', () => {
  const waitsFor = (executor: Executor) => executor.inspect().streams.map((stream) => stream.waitsFor);

  test('to wait for a place, and then for its reader', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    const held = await executor.submit(work.pass(gate.shared));
    const rows = executor.iterate(generators.count(2), { window: 1 });
    expect(waitsFor(executor)).toEqual(['place']);
    gate.open();
    await held.result();
    while (executor.stats().suspended < 1) await rounds();
    expect(executor.inspect().streams).toMatchObject([
      { kind: 'iterate', window: 1, open: 1, unread: 0, pulled: 1, waitsFor: 'reader' },
    ]);
    await rows.return();
    expect(waitsFor(executor)).toEqual([]);
  });

  test('until all that it has yielded is read', async ({ executor }) => {
    const rows = executor.iterate(generators.count(2));
    await rows.future.result();
    expect(executor.inspect().tasks.unread).toBe(1);
    await rows.next();
    expect(waitsFor(executor)).toEqual(['reader']);
    await rows.next();
    expect(waitsFor(executor)).toEqual([]);
  });

  test('to wait for its task, until its reader leaves', async ({ executor, gate }) => {
    const rows = executor.iterate(generators.countAndPass(1, gate.shared));
    await rows.next();
    void rows.next();
    expect(waitsFor(executor)).toEqual(['tasks']);
    const left = rows.return();
    expect(waitsFor(executor)).toEqual([]);
    gate.open();
    await left;
  });
});

describe('a batch is told of when it is answered:', () => {
  test('every task once, with its times, before it settles', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, name: 'batches' });
    await executor.run(work.echo(0));
    await executor.run(work.echo(0));
    const seen = new Map<number, string>();
    let inOrder = true;
    using heard = new Heard<BatchAnswerMessage>('millrace:batch:answer', ({ batch, from, to, at }) => {
      for (let position = from; position < to; position++) {
        if (!batch.ran(position)) continue;
        seen.set(batch.taskId(position), `${batch.functionName(position)} ${batch.label(position)}`);
        const times = [
          batch.submittedAt(position),
          batch.startedAt(position),
          batch.endedAt(position),
          at + 1,
        ];
        inOrder &&= times.every((time, index) => index === 0 || time >= (times[index - 1] as number) - 1);
        inOrder &&= batch.sentAt > 0 && batch.sentAt <= at;
      }
    });
    const all = Array.from({ length: 100 }, (_, index) =>
      executor.run(work.echo(index), { label: `no ${index}` }),
    );
    await Promise.all(all);
    expect([...seen.keys()].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 3),
    );
    expect(seen.get(3)).toBe('echo no 0');
    expect(inOrder).toBe(true);
    expect(heard.messages[0]).toMatchObject({ executor: 'batches', worker: 0, failed: 0, suspended: false });
    expect(heard.messages.at(-1)?.last).toBe(true);
  });

  test('quick tasks in fewer messages than there are tasks', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, ...standingClock });
    await executor.run(work.echo(0));
    using heard = new Heard<BatchAnswerMessage>('millrace:batch:answer');
    await Promise.all(Array.from({ length: 100 }, (_, index) => executor.run(work.echo(index))));
    expect(heard.messages.length).toBeLessThan(100);
  });

  test('what threw is counted; what waited for a place says since when it had one', async ({
    gate,
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1, maxPending: 0 });
    const waited: boolean[] = [];
    using heard = new Heard<BatchAnswerMessage>('millrace:batch:answer', ({ batch, from, to }) => {
      for (let position = from; position < to; position++) {
        const admittedAt = batch.admittedAt(position);
        waited.push(admittedAt > 0 && admittedAt >= batch.submittedAt(position));
      }
    });
    const all = Promise.allSettled([executor.run(work.pass(gate.shared)), executor.run(work.reject(1))]);
    gate.open();
    await all;
    expect(waited).toEqual([false, true]);
    expect(heard.messages.reduce((sum, { failed }) => sum + failed, 0)).toBe(1);
  });

  test('a task that has waited for others is told of as such', async ({ executor }) => {
    using heard = new Heard<BatchAnswerMessage>('millrace:batch:answer');
    await executor.run(nested.deep(1));
    expect(heard.messages.map(({ suspended }) => suspended)).toContain(true);
    expect(heard.messages.map(({ suspended }) => suspended)).toContain(false);
  });

  test('a subscriber may do anything then', async ({ executor }) => {
    const futures = await Promise.all([1, 2, 3].map((item) => executor.submit(work.echo(item))));
    using _ = new Heard('millrace:batch:answer', () => {
      for (const future of futures) future.cancel();
      void executor.shutdown({ mode: 'kill' });
    });
    const outcomes = await Promise.all(futures.map((future) => future.outcome()));
    expect(outcomes.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    await executor.shutdown();
    const { submitted, fulfilled, rejected, cancelled } = executor.stats();
    expect(fulfilled + rejected + cancelled).toBe(submitted);
  });
});

describe('a worker tells why', () => {
  let starts: Heard<WorkerStartMessage>;
  let ends: Heard<WorkerEndMessage>;
  beforeEach(() => {
    starts = new Heard('millrace:worker:start');
    ends = new Heard('millrace:worker:end');
  });
  afterEach(() => {
    starts[Symbol.dispose]();
    ends[Symbol.dispose]();
  });

  test('it crashed: with which task, and what that cost', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, name: 'dying' });
    const running = await executor.submit(work.passAndExit(gate.shared, 3), { label: 'killer' });
    await gate.arrivals();
    await executor.submit(work.echo(1));
    await rounds();
    gate.open();
    await running.outcome();
    await executor.run(work.echo(1));
    const { executorId } = executor;
    expect(ends.messages).toMatchObject([
      {
        executor: 'dying',
        executorId,
        worker: 0,
        why: 'crashed',
        exitCode: 3,
        taskId: 1,
        task: 'killer',
        lost: 1,
      },
    ]);
    expect(ends.messages[0]?.threadId).toBe(starts.messages[0]?.threadId);
    expect(starts.messages.map(({ why }) => why)).toEqual(['new', 'crashed']);
  });

  test('it was interrupted', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, interruptGraceMs: 0 });
    await executor.run(work.spin(), { timeoutMs: 10 }).catch(() => {});
    await executor.run(work.echo(1));
    expect(ends.messages).toMatchObject([{ why: 'interrupted', task: 'spin', lost: 0 }]);
    expect(starts.messages.map(({ why }) => why)).toEqual(['new', 'interrupted']);
  });

  test('it was retired', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxTasksPerWorker: 1 });
    await executor.run(work.echo(1));
    await executor.run(work.echo(2));
    while (ends.messages.length === 0) await rounds();
    expect(ends.messages[0]).toMatchObject({ why: 'retired', taskId: undefined, lost: 0, returned: 0 });
    expect(starts.messages.slice(0, 2).map(({ why }) => why)).toEqual(['new', 'retired']);
  });

  test('it held too much memory', async ({ makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, maxBytesPerWorker: 1 });
    await executor.run(work.echo(1));
    await executor.run(work.echo(2));
    while (ends.messages.length === 0) await rounds();
    expect(ends.messages[0]?.why).toBe('memory');
  });

  test('the executor was shut down', async ({ executor }) => {
    await executor.ready();
    await executor.shutdown();
    expect(ends.messages.map(({ why }) => why)).toEqual(['shutdown']);
  });
});
