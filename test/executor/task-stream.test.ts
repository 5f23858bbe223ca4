import { describe, expect, test } from 'vitest';
import type { Task } from '../../src/tasks/task.ts';
import type { TaskOptions } from '../../src/tasks/task-options.ts';
import { Channel } from '../support/channel.ts';
import { collect, reasonOf, settlementOf } from '../support/settling.ts';
import { Bench } from '../scheduler/bench.ts';
import { makeTask } from '../scheduler/make-job.ts';

const named = (name: string, options: TaskOptions = {}, bytes = 0) =>
  makeTask(name, { label: name, ...options }, bytes === 0 ? [] : [new Uint8Array(bytes)]);

/** One worker that runs `r`; `p` is pending and holds 60 of 100 bytes. */
async function busy(maxPending = 10): Promise<Bench> {
  const bench = Bench.booted({ workers: 1, maxPending, maxPendingBytes: 100 });
  bench.submit('r');
  bench.worker(0).claim();
  bench.submit('p', {}, [new Uint8Array(60)]);
  await bench.tick();
  return bench;
}

describe('while its source has nothing', () => {
  test('a stream holds no place', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 0 });
    const source = new Channel<Task<unknown>>();
    void bench.stream(source).next();
    await bench.tick();
    expect(source.pulls).toBe(1);
    expect(bench.scheduler.stats()).toMatchObject({ waiting: 0, saturated: false });
    bench.submit('a');
    expect(bench.show()).toMatchInlineSnapshot(`"worker 0: [a]"`);
  });

  test('its place goes to who waits for one; what comes then stands in line, and nothing more is pulled', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 0 });
    bench.submit('r');
    const source = new Channel<Task<unknown>>();
    void bench.stream(source, { window: 5 }).next();
    bench.submit('a');
    bench.worker(0).finish();
    await bench.tick();
    source.put(named('s'));
    source.put(named('t'));
    await bench.tick();
    bench.submit('b');
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a]
      waiting: s b
      fulfilled: r"
    `);
    for (const _ of 'ab') {
      bench.worker(0).finish();
      await bench.tick();
    }
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [b]
      fulfilled: r, a, s"
    `);
  });

  test('a stream over a stream does not wait for itself', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 0 });
    const inner = bench.stream(['a', 'b', 'c'].map((name) => named(name)));
    async function* outer() {
      for await (const future of inner) yield named(`${future.task.name}${future.task.name}`);
    }
    const all = collect(bench.stream(outer()));
    for (let left = 6; left > 0; left--) {
      await bench.tick();
      bench.worker(0).finish();
    }
    expect((await all).map(({ task }) => task.name)).toEqual(['aa', 'bb', 'cc']);
  });
});

describe('a task without room for its bytes', () => {
  test('stands in line, and holds no place', async () => {
    const bench = await busy(2);
    void bench.stream([named('s', {}, 50)]).next();
    await bench.tick();
    expect(bench.scheduler.admission.placesTaken).toBe(2);
    expect(bench.scheduler.stats()).toMatchObject({ waiting: 1, pending: 1 });
    bench.submit('w');
    bench.worker(0).finish();
    bench.worker(0).claim();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [p*] [s]
      queued: w
      fulfilled: r"
    `);
  });

  test('never runs if the loop is left meanwhile, and whoever stands behind it goes on', async () => {
    const bench = await busy();
    const stream = bench.stream([named('s', {}, 50), named('t')]);
    const next = stream.next();
    await bench.tick();
    bench.submit('w');
    await stream.return();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [r*] [p]
      queued: w
      cancelled: s (AbortError)"
    `);
    expect(bench.scheduler.stats()).toMatchObject({ waiting: 0, cancelled: 1 });
  });

  test('never runs either if the loop is left at the moment at which it gets its place', async () => {
    const bench = await busy();
    const stream = bench.stream([named('s', {}, 50)]);
    void stream.next();
    await bench.tick();
    bench.worker(0).finish();
    bench.worker(0).claim();
    expect(bench.job('s').status).toBe('queued');
    await stream.return();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [p*]
      fulfilled: r
      cancelled: s (AbortError)"
    `);
  });

  test('is ended by its signal, which is yielded', async () => {
    const bench = await busy();
    const controller = new AbortController();
    const stream = bench.stream([named('s', { signal: controller.signal }, 50), named('t')]);
    const next = stream.next();
    await bench.tick();
    controller.abort('enough');
    const { value } = await next;
    expect(await value?.outcome()).toMatchObject({ status: 'cancelled', reason: 'enough' });
    expect(bench.scheduler.stats()).toMatchObject({ waiting: 0, cancelled: 1 });
    expect(bench.job('t').status).toBe('queued');
  });

  test.each([
    [{ deadlineMs: 1 }, { name: 'TaskTimeoutError', phase: 'waiting' }],
    [{ maxWaitMs: 1 }, { name: 'SaturatedError' }],
  ])('is ended by %o, which is yielded', async (options, reason) => {
    const bench = await busy();
    const { value } = await bench.stream([named('s', options, 50)]).next();
    expect(await value?.outcome()).toMatchObject({ status: 'rejected', reason });
    expect(bench.scheduler.stats()).toMatchObject({ waiting: 0, refused: 1 });
  });

  test('is refused when the executor shuts down, and not yielded: the error comes after what was in flight', async () => {
    const bench = await busy();
    const source = [named('s'), named('t', {}, 50)];
    const stream = bench.stream(source);
    const next = stream.next();
    await bench.tick();
    void bench.scheduler.shutdown('drain');
    expect(await settlementOf(next)).toBe('pending');
    for (const _ of 'rps') bench.worker(0).finish();
    expect((await next).value?.task.name).toBe('s');
    expect(await reasonOf(stream.next())).toMatchObject({ name: 'ExecutorClosedError' });
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0 (terminating):
      fulfilled: r, p, s
      rejected: t (ExecutorClosedError)"
    `);
    expect(bench.scheduler.stats()).toMatchObject({ submitted: 4, fulfilled: 3, refused: 1 });
  });
});

describe('a stream that waits for a place', () => {
  test('leaves the line when it is left', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 0 });
    bench.submit('r');
    const stream = bench.stream([named('s')]);
    void stream.next();
    await stream.return();
    expect(bench.scheduler.admission.waiting).toBe(0);
  });

  test('gives the place back if it is left, or the executor closed, at the moment at which it gets it', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 1 });
    bench.submit('ab');
    const [left, closed] = [bench.stream([named('s')]), bench.stream([named('t')])];
    void left.next();
    const error = reasonOf(closed.next());
    bench.worker(0).finish();
    void left.return();
    bench.worker(0).finish();
    void bench.scheduler.shutdown('drain');
    expect(await error).toMatchObject({ name: 'ExecutorClosedError' });
    expect(bench.scheduler.admission.placesTaken).toBe(0);
    expect(bench.scheduler.stats()).toMatchObject({ submitted: 2, fulfilled: 2 });
  });
});

describe('maxWaiting', () => {
  test('counts the callers of submit(), and no streams', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 0, maxWaiting: 1 });
    bench.submit('r');
    const source = new Channel<Task<unknown>>();
    const streams = [bench.stream(source), bench.stream([named('t')])];
    for (const stream of streams) void stream.next().catch(() => {});
    bench.submit('ab');
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [r]
      waiting: a
      rejected: b (SaturatedError)"
    `);
    bench.worker(0).finish();
    await bench.tick();
    source.put(named('s'));
    await bench.tick();
    bench.submit('cd');
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [t]
      waiting: a s
      fulfilled: r
      rejected: b (SaturatedError), c (SaturatedError), d (SaturatedError)"
    `);
  });

  test('a caller who has left makes room for another one, at once', () => {
    const bench = Bench.booted({ workers: 1, maxPending: 0, maxWaiting: 1 });
    const controller = new AbortController();
    bench.submit('r');
    bench.submit('a', { signal: controller.signal });
    controller.abort('enough');
    bench.submit('b');
    bench.worker(0).finish();
    bench.submit('c');
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [b]
      waiting: c
      fulfilled: r
      cancelled: a (enough)"
    `);
  });
});
