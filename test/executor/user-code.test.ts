import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Executor } from 'millrace';
import type { Future, TaskMessage } from 'millrace';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Gate } from '../support/gate.ts';
import { present, settlementOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

let gate: Gate;
let executor: Executor;
let undo: (() => void)[] = [];
beforeEach(() => {
  gate = new Gate();
  undo = [];
});
afterEach(async () => {
  for (const each of undo) each();
  gate.open();
  await executor.shutdown({ mode: 'kill' });
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

const books = () => {
  const { submitted, waiting, refused, pending, running, suspended, fulfilled, rejected, cancelled } =
    executor.stats();
  expect(Math.min(pending, running, waiting)).toBeGreaterThanOrEqual(0);
  expect(waiting + refused + pending + running + suspended + fulfilled + rejected + cancelled).toBe(
    submitted,
  );
};

test('a subscriber to settlements may cancel all other futures', async () => {
  executor = new Executor({ workers: 1 });
  const all: Future<unknown>[] = [];
  on('task:settle', () => {
    for (const future of all) future.cancel();
    books();
  });
  for (let n = 0; n < 4; n++) all.push(present(executor.trySubmit(work.echo(n))));
  all[3]?.cancel();
  await Promise.all(all.map((future) => future.outcome()));
  expect(executor.stats()).toMatchObject({ submitted: 4, cancelled: 4, pending: 0, running: 0 });
});

test.each(['kill', 'cancel', 'drain'] as const)(
  'a getter of an argument may shut the executor down (%s): each task settles, and the shutdown ends',
  async (mode) => {
    executor = new Executor({ workers: 2 });
    await executor.ready();
    let calls = 0;
    let closed: Promise<void> | undefined;
    const argument = acting(() => {
      books();
      if (++calls === 3) closed = executor.shutdown({ mode });
      books();
    });
    const submitted = Array.from({ length: 20 }, (_, n) => executor.submit(work.echo([n, argument])));
    const outcomes = await Promise.allSettled(
      submitted.map(async (submission) => (await submission).outcome()),
    );
    await present(closed);
    expect(outcomes).toHaveLength(20);
    books();
    expect(executor.stats()).toMatchObject({ pending: 0, running: 0, waiting: 0, busy: 0 });
  },
);

test('a getter of the reason of a cancellation may cancel again, and shut down', async () => {
  executor = new Executor({ workers: 1 });
  const future = present(executor.trySubmit(work.pass(gate.shared)));
  const behind = present(executor.trySubmit(work.echo(1)));
  await gate.arrivals();
  const reason = Object.assign(
    acting(() => behind.cancel(acting(books))),
    { name: 'Stopped' },
  );
  expect(future.cancel(reason)).toBe(true);
  expect([future.state, behind.state]).toEqual(['cancelled', 'cancelled']);
  books();
});

test('an abort signal is asked by the platform’s own getters, whatever has been put on it', async () => {
  executor = new Executor({ workers: 1 });
  const { signal } = new AbortController();
  const called: string[] = [];
  for (const name of ['aborted', 'reason', 'addEventListener', 'removeEventListener'])
    Object.defineProperty(signal, name, {
      get() {
        called.push(name);
        throw new Error(name);
      },
    });
  expect(await executor.run(work.echo(1), { signal })).toBe(1);
  expect(called).toEqual([]);
});

test('what only looks like an abort signal is refused', async () => {
  executor = new Executor({ workers: 1 });
  const { signal } = new AbortController();
  for (const fake of [Object.create(AbortSignal.prototype), new Proxy(signal, {})] as AbortSignal[])
    await expect(executor.submit(work.echo(1), { signal: fake })).rejects.toThrow(
      'signal must be an AbortSignal',
    );
  expect(executor.stats().submitted).toBe(0);
});

test('subscribers hear of a thread when tasks can run in it, and of its end when its tasks have settled', async () => {
  executor = new Executor({ workers: 1 });
  const seen: unknown[] = [];
  on('worker:start', () => seen.push(executor.trySubmit(work.echo('by a subscriber'))?.state));
  on('worker:end', () => seen.push(executor.stats().rejected));
  await executor.ready();
  await executor.run(work.exit(1)).catch(() => {});
  await executor.ready();
  await executor.run(work.echo(1));
  expect(seen).toEqual(['pending', 1, 'pending']);
});

test('a loop that its own subscriber leaves runs nothing more', async () => {
  executor = new Executor({ workers: 1, maxPending: 3 });
  const results = executor.map([1, 2, 3, 4], (n) => work.count(gate.shared, n));
  on('task:submit', () => void results.return?.());
  const { done } = await results.next();
  expect(done).toBe(true);
  await executor.shutdown();
  expect(gate.count).toBe(0);
  books();
});

test('a source may do anything while it is pulled', async () => {
  executor = new Executor({ workers: 1, maxPending: 1 });
  const others: Future<unknown>[] = [];
  function* source() {
    for (let n = 0; n < 5; n++) {
      books();
      const other = executor.trySubmit(work.echo(n));
      if (other !== null) others.push(other);
      others[0]?.cancel();
      books();
      yield n;
    }
    void executor.shutdown({ mode: 'kill' });
  }
  const results = executor.map(source(), (n) => work.echo(n), { outcomes: true });
  for await (const outcome of results) expect(outcome.status).toMatch(/fulfilled|cancelled/);
  await executor.shutdown();
  for (const other of others) expect(await settlementOf(other.result())).not.toBe('pending');
  books();
});
