import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { asCompleted } from 'millrace';
import type { Executor, Future, TaskMessage } from 'millrace';
import { buffered, Channel, RateLimiter, Semaphore } from 'millrace/flow';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import { present, settlementOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });
let undo: (() => void)[] = [];
beforeEach(() => {
  undo = [];
});
afterEach(() => {
  for (const each of undo) each();
});

function on(event: string, act: (message: TaskMessage) => void): void {
  const listener = (message: unknown) => act(message as TaskMessage);
  subscribe(`millrace:${event}`, listener);
  undo.push(() => unsubscribe(`millrace:${event}`, listener));
}

/** An argument that does this when it is sent. */
const acting = (act: () => unknown): object => ({
  get acts() {
    act();
    return 1;
  },
});

const books = (executor: Executor) => {
  const { submitted, waiting, refused, pending, running, suspended, fulfilled, rejected, cancelled } =
    executor.stats();
  expect(Math.min(pending, running, waiting)).toBeGreaterThanOrEqual(0);
  expect(waiting + refused + pending + running + suspended + fulfilled + rejected + cancelled).toBe(
    submitted,
  );
};

test('a subscriber to settlements may cancel all other futures', async ({ executor }) => {
  const all: Future<unknown>[] = [];
  on('task:settle', () => {
    for (const future of all) future.cancel();
    books(executor);
  });
  for (let n = 0; n < 4; n++) all.push(present(executor.trySubmit(work.echo(n))));
  all[3]?.cancel();
  await Promise.all(all.map((future) => future.outcome()));
  expect(executor.stats()).toMatchObject({ submitted: 4, cancelled: 4, pending: 0, running: 0 });
});

test.for(['kill', 'cancel', 'drain'] as const)(
  'a getter of an argument may shut the executor down (%s): each task settles, and the shutdown ends',
  async (mode, { makeExecutor }) => {
    const executor = makeExecutor({ workers: 2 });
    await executor.ready();
    let calls = 0;
    let closed: Promise<void> | undefined;
    const argument = acting(() => {
      books(executor);
      if (++calls === 3) closed = executor.shutdown({ mode });
      books(executor);
    });
    const submitted = Array.from({ length: 20 }, (_, n) => executor.submit(work.echo([n, argument])));
    const outcomes = await Promise.allSettled(
      submitted.map(async (submission) => (await submission).outcome()),
    );
    await present(closed);
    expect(outcomes).toHaveLength(20);
    books(executor);
    expect(executor.stats()).toMatchObject({ pending: 0, running: 0, waiting: 0, busy: 0 });
  },
);

test('a getter of the reason of a cancellation may cancel again, and shut down', async ({
  executor,
  gate,
}) => {
  const future = present(executor.trySubmit(work.pass(gate.shared)));
  const behind = present(executor.trySubmit(work.echo(1)));
  await gate.arrivals();
  const reason = Object.assign(
    acting(() => behind.cancel(acting(() => books(executor)))),
    { name: 'Stopped' },
  );
  expect(future.cancel(reason)).toBe(true);
  expect([future.state, behind.state]).toEqual(['cancelled', 'cancelled']);
  books(executor);
});

describe('an abort signal is asked by the platform’s own getters, whatever has been put on it', () => {
  const semaphore = new Semaphore(1);
  const limiter = new RateLimiter({ limit: 100, perMs: 1000 });
  const channel = new Channel<number>(1);
  const ways: Record<string, (signal: AbortSignal, executor: Executor) => unknown> = {
    run: (signal, executor) => executor.run(work.echo(1), { signal }),
    trySubmit: (signal, executor) => executor.trySubmit(work.echo(1), { signal })?.result(),
    asCompleted: (signal) => asCompleted([], { signal }).next(),
    'Semaphore.acquire': async (signal) => (await semaphore.acquire({ signal }))[Symbol.dispose](),
    'Semaphore.use': (signal) => semaphore.use(() => 1, { signal }),
    'RateLimiter.acquire': (signal) => limiter.acquire({ signal }),
    'RateLimiter.use': (signal) => limiter.use(() => 1, { signal }),
    'Channel.send': (signal) => channel.send(1, { signal }),
    'Channel.receive': (signal) => channel.receive({ signal }),
    buffered: (signal) => buffered([async () => 1], 1, { signal }).next(),
  };

  test.for(Object.keys(ways))('%s', async (way, { executor }) => {
    const { signal } = new AbortController();
    const called: string[] = [];
    for (const name of ['aborted', 'reason', 'throwIfAborted', 'addEventListener', 'removeEventListener'])
      Object.defineProperty(signal, name, {
        get() {
          called.push(name);
          throw new Error(name);
        },
      });
    await ways[way]?.(signal, executor);
    expect(called).toEqual([]);
  });
});

test('what only looks like an abort signal is refused', async ({ executor }) => {
  const { signal } = new AbortController();
  for (const fake of [Object.create(AbortSignal.prototype), new Proxy(signal, {})] as AbortSignal[])
    await expect(executor.submit(work.echo(1), { signal: fake })).rejects.toThrow(
      'signal must be an AbortSignal',
    );
  expect(executor.stats().submitted).toBe(0);
});

test('subscribers hear of a thread when tasks can run in it, and of its end when its tasks have settled', async ({
  executor,
}) => {
  const seen: unknown[] = [];
  on('worker:start', () => seen.push(executor.trySubmit(work.echo('by a subscriber')) !== null));
  on('worker:end', () => seen.push(executor.stats().rejected));
  await executor.ready();
  await executor.run(work.exit(1)).catch(() => {});
  await executor.ready();
  await executor.run(work.echo(1));
  expect(seen).toEqual([true, 1, true]);
});

test('a loop that its own subscriber leaves runs nothing more', async ({ gate, makeExecutor }) => {
  const executor = makeExecutor({ workers: 1, maxPending: 3 });
  const results = executor.map([1, 2, 3, 4], (n) => work.count(gate.shared, n));
  on('task:submit', () => void results.return?.());
  const { done } = await results.next();
  expect(done).toBe(true);
  await executor.shutdown();
  expect(gate.count).toBe(0);
  books(executor);
});

test('a source may do anything while it is pulled', async ({ makeExecutor }) => {
  const executor = makeExecutor({ workers: 1, maxPending: 1 });
  const others: Future<unknown>[] = [];
  function* source() {
    for (let n = 0; n < 5; n++) {
      books(executor);
      const other = executor.trySubmit(work.echo(n));
      if (other !== null) others.push(other);
      others[0]?.cancel();
      books(executor);
      yield n;
    }
    void executor.shutdown({ mode: 'kill' });
  }
  const results = executor.map(source(), (n) => work.echo(n), { outcomes: true });
  for await (const outcome of results) expect(outcome.status).toMatch(/fulfilled|cancelled/);
  await executor.shutdown();
  for (const other of others) expect(await settlementOf(other.result())).not.toBe('pending');
  books(executor);
});
