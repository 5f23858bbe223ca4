import { asCompleted, Executor, tasks, wait } from 'millrace';
import type { ExecutorOptions, Future } from 'millrace';
import { bufferUnordered, Channel, RateLimiter, Semaphore } from 'millrace/flow';
import { taskUrl } from '../../pools/contender.ts';

const work = tasks<{ empty(): void }>(taskUrl('cpu-work.mjs'));
const growing = tasks<{
  parent(children: number): Promise<void>;
  leave(children: number): void;
  reports(count: number): void;
  two(): Generator<number, void>;
  fails(properties: number): void;
}>(taskUrl('growth-work.mjs'));
const ignore = (): void => {};
const each = <T>(n: number, make: (index: number) => T): T[] =>
  Array.from({ length: n }, (_, index) => make(index));
const controllers = (n: number) => each(n, () => new AbortController());

/** An executor whose only worker is busy with nothing that ends, so what is submitted stays queued. */
async function queued<T>(
  n: number,
  use: (executor: Executor, futures: Future<void>[]) => Promise<T>,
): Promise<T> {
  const executor = new Executor({ workers: 1, maxPending: n });
  // All within one turn of the event loop: none of them has a worker yet.
  const futures = each(
    n,
    (index) => executor.trySubmit(work.empty(), { priority: index % 7 }) as Future<void>,
  );
  const result = await use(executor, futures);
  for (const future of futures) future.cancel();
  await executor.shutdown({ mode: 'kill' });
  return result;
}

async function running(
  use: (executor: Executor) => Promise<unknown>,
  options: ExecutorOptions = {},
): Promise<void> {
  const executor = new Executor({ workers: 1, ...options });
  await use(executor);
  await executor.shutdown();
}

/** What a program can make long; each is given n of something, and does all that becomes of them. */
export const lists: Readonly<Record<string, (n: number) => Promise<unknown>>> = {
  'waits for one future, with timeouts': (n) =>
    queued(1, (_, [future]) => Promise.all(each(n, () => wait([future as Future<void>], { timeoutMs: 1 })))),
  'loops over one future, with one signal': (n) =>
    queued(1, (_, [future]) => {
      const controller = new AbortController();
      const options = { signal: controller.signal };
      const nexts = each(n, () =>
        asCompleted([future as Future<void>], options)
          .next()
          .catch(ignore),
      );
      controller.abort();
      return Promise.all(nexts);
    }),
  'a loop over futures': (n) =>
    queued(n, async (_, futures) => {
      for (const future of futures) future.cancel();
      let ended = 0;
      for await (const { done } of asCompleted(futures)) ended += Number(done);
      return ended;
    }),
  'futures, cancelled in any order': (n) =>
    queued(n, async (_, futures) => futures.forEach((__, index) => futures[(index * 7919) % n]?.cancel())),
  priorities: async (n) => {
    const executor = new Executor({ workers: 1, maxPending: n });
    for (let index = 0; index < n; index++)
      executor.trySubmit(work.empty(), { priority: (index * 7919) % n });
    await executor.shutdown({ mode: 'cancel' });
  },
  'callers of submit(), with signals and deadlines': async (n) => {
    const executor = new Executor({ workers: 1, maxPending: 0 });
    const all = controllers(n);
    const submits = all.map(({ signal }) =>
      executor.submit(work.empty(), { signal, deadlineMs: 1e6, maxWaitMs: 1e6 }).catch(ignore),
    );
    for (const controller of all.toReversed()) controller.abort();
    await Promise.all(submits);
    await executor.shutdown({ mode: 'kill' });
  },
  'tasks that wait when the executor closes': async (n) => {
    const executor = new Executor({ workers: 1, maxPending: n, onUnobservedError: ignore });
    each(n, () => executor.trySubmit(work.empty()));
    await executor.shutdown({ mode: 'cancel' });
  },
  'streams over an executor, each left': async (n) => {
    const executor = new Executor({ workers: 1, maxPending: n });
    const streams = each(n, () => executor.asCompleted([work.empty()]));
    for (const stream of streams) void stream.next();
    await Promise.all(streams.map(async (stream) => stream.return?.()));
    await executor.shutdown({ mode: 'kill' });
  },
  'reports: calls of next()': (n) =>
    queued(1, async (_, [future]) => {
      const progress = (future as Future<void>).progress();
      const nexts = each(n, () => progress.next());
      future?.cancel();
      await Promise.all(nexts);
    }),
  'reports: read as they come': (n) =>
    running(async (executor) => {
      const future = await executor.submit(growing.reports(n));
      for await (const _ of future.progress());
      await future.result();
    }),
  'tasks of a task, which waits for them': (n) => running((executor) => executor.run(growing.parent(n))),
  'tasks of a task, which ends before them': (n) => running((executor) => executor.run(growing.leave(n))),
  'iterations that wait for their readers, each left': (n) =>
    running(
      async (executor) => {
        // Each is a message, a generator and two waits: fewer tell as much.
        const all = each(n >> 3, () => executor.iterate(growing.two(), { window: 1, interrupt: true }));
        await Promise.all(all.map((iteration) => iteration.next()));
        await Promise.all(all.map((iteration) => iteration.return()));
      },
      { maxPending: n },
    ),
  'hidden properties of an error': (n) => running((executor) => executor.run(growing.fails(n)).catch(ignore)),
  'a semaphore: callers that leave': async (n) => {
    const semaphore = new Semaphore(0);
    const all = controllers(n);
    const line = all.map(({ signal }) => semaphore.acquire({ signal }).catch(ignore));
    for (const controller of all) controller.abort();
    await Promise.all(line);
  },
  'a rate limiter: callers that leave': async (n) => {
    const rate = new RateLimiter({ limit: 1, perMs: 1e6 });
    rate.tryAcquire();
    const all = controllers(n);
    const line = all.map(({ signal }) => rate.acquire({ signal }).catch(ignore));
    for (const controller of all) controller.abort();
    await Promise.all(line);
  },
  'a channel: receivers with signals': async (n) => {
    const channel = new Channel<number>(n);
    const receivers = controllers(n).map(({ signal }) => channel.receive({ signal }));
    for (let item = 0; item < n; item++) channel.trySend(item);
    await Promise.all(receivers);
  },
  'a channel: loops that are left': async (n) => {
    const channel = new Channel<number>(1);
    const loops = each(n, () => channel[Symbol.asyncIterator]());
    const nexts = loops.map((loop) => loop.next());
    for (const loop of loops) void loop.return?.();
    await Promise.all(nexts);
  },
  'a buffered stream': async (n) => {
    const source = each(n, () => () => 1);
    const stream = bufferUnordered(source, n);
    await Promise.all(each(n, () => stream.next()));
  },
};
