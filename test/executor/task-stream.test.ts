import { describe, expect, test } from 'vitest';
import type { Task } from '../../src/tasks/task.ts';
import type { TaskOptions } from '../../src/tasks/task-options.ts';
import { Feed } from '../support/feed.ts';
import { collect, reasonOf, settlementOf } from '../support/settling.ts';
import { Harness } from '../scheduler/harness.ts';
import { makeTask } from '../scheduler/make-job.ts';

const named = (name: string, options: TaskOptions = {}, bytes = 0) =>
  makeTask(name, { label: name, ...options }, bytes === 0 ? [] : [new Uint8Array(bytes)]);

/** One worker that runs `r`; `p` is pending and holds 60 of 100 bytes. */
async function busy(maxPending = 10): Promise<Harness> {
  const harness = Harness.booted({ workers: 1, maxPending, maxPendingBytes: 100 });
  harness.submit('r');
  harness.worker(0).claim();
  harness.submit('p', {}, [new Uint8Array(60)]);
  await harness.tick();
  return harness;
}

describe('while its source has nothing', () => {
  test('a stream holds no place', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    const source = new Feed<Task<unknown>>();
    void harness.stream(source).next();
    await harness.tick();
    expect(source.pulls).toBe(1);
    expect(harness.scheduler.stats()).toMatchObject({ waiting: 0, saturated: false });
    harness.submit('a');
    expect(harness.show()).toMatchInlineSnapshot(`"worker 0: [a]"`);
  });

  test('its place goes to who waits for one; what comes then stands in line, and nothing more is pulled', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    harness.submit('r');
    const source = new Feed<Task<unknown>>();
    void harness.stream(source, { window: 5 }).next();
    harness.submit('a');
    harness.worker(0).finish();
    await harness.tick();
    source.put(named('s'));
    source.put(named('t'));
    await harness.tick();
    harness.submit('b');
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a]
      waiting: s b
      fulfilled: r"
    `);
    for (const _ of 'ab') {
      harness.worker(0).finish();
      await harness.tick();
    }
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [b]
      fulfilled: r, a, s"
    `);
  });

  test('a stream over a stream does not wait for itself', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    const inner = harness.stream(['a', 'b', 'c'].map((name) => named(name)));
    async function* outer() {
      for await (const future of inner) yield named(`${future.task.name}${future.task.name}`);
    }
    const all = collect(harness.stream(outer()));
    for (let left = 6; left > 0; left--) {
      await harness.tick();
      harness.worker(0).finish();
    }
    expect((await all).map(({ task }) => task.name)).toEqual(['aa', 'bb', 'cc']);
  });
});

describe('a task without room for its bytes', () => {
  test('stands in line, and holds no place', async () => {
    const harness = await busy(2);
    void harness.stream([named('s', {}, 50)]).next();
    await harness.tick();
    expect(harness.scheduler.admission.placesTaken).toBe(2);
    expect(harness.scheduler.stats()).toMatchObject({ waiting: 1, pending: 1 });
    harness.submit('w');
    harness.worker(0).finish();
    harness.worker(0).claim();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [p*] [s]
      queued: w
      fulfilled: r"
    `);
  });

  test('never runs if the loop is left meanwhile, and whoever stands behind it goes on', async () => {
    const harness = await busy();
    const stream = harness.stream([named('s', {}, 50), named('t')]);
    const next = stream.next();
    await harness.tick();
    harness.submit('w');
    await stream.return();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [r*] [p]
      queued: w
      cancelled: s (AbortError)"
    `);
    expect(harness.scheduler.stats()).toMatchObject({ waiting: 0, cancelled: 1 });
  });

  test('never runs either if the loop is left at the moment at which it gets its place', async () => {
    const harness = await busy();
    const stream = harness.stream([named('s', {}, 50)]);
    void stream.next();
    await harness.tick();
    harness.worker(0).finish();
    harness.worker(0).claim();
    expect(harness.job('s').status).toBe('queued');
    await stream.return();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [p*]
      fulfilled: r
      cancelled: s (AbortError)"
    `);
  });

  test('is ended by its signal, which is yielded', async () => {
    const harness = await busy();
    const controller = new AbortController();
    const stream = harness.stream([named('s', { signal: controller.signal }, 50), named('t')]);
    const next = stream.next();
    await harness.tick();
    controller.abort('enough');
    const { value } = await next;
    expect(await value?.outcome()).toMatchObject({ status: 'cancelled', reason: 'enough' });
    expect(harness.scheduler.stats()).toMatchObject({ waiting: 0, cancelled: 1 });
    expect(harness.job('t').status).toBe('queued');
  });

  test.each([
    [{ deadlineMs: 1 }, { name: 'TaskTimeoutError', phase: 'waiting' }],
    [{ maxWaitMs: 1 }, { name: 'SaturatedError' }],
  ])('is ended by %o, which is yielded', async (options, reason) => {
    const harness = await busy();
    const { value } = await harness.stream([named('s', options, 50)]).next();
    expect(await value?.outcome()).toMatchObject({ status: 'rejected', reason });
    expect(harness.scheduler.stats()).toMatchObject({ waiting: 0, refused: 1 });
  });

  test('is refused when the executor shuts down, and not yielded: the error comes after what was in flight', async () => {
    const harness = await busy();
    const source = [named('s'), named('t', {}, 50)];
    const stream = harness.stream(source);
    const next = stream.next();
    await harness.tick();
    void harness.scheduler.shutdown('drain');
    expect(await settlementOf(next)).toBe('pending');
    for (const _ of 'rps') harness.worker(0).finish();
    expect((await next).value?.task.name).toBe('s');
    expect(await reasonOf(stream.next())).toMatchObject({ name: 'ExecutorClosedError' });
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0 (terminating):
      fulfilled: r, p, s
      rejected: t (ExecutorClosedError)"
    `);
    expect(harness.scheduler.stats()).toMatchObject({ submitted: 4, fulfilled: 3, refused: 1 });
  });
});

describe('a stream that waits for a place', () => {
  test('leaves the line when it is left', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    harness.submit('r');
    const stream = harness.stream([named('s')]);
    void stream.next();
    await stream.return();
    expect(harness.scheduler.admission.waiting).toBe(0);
  });

  test('gives the place back if it is left, or the executor closed, at the moment at which it gets it', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 1 });
    harness.submit('ab');
    const [left, closed] = [harness.stream([named('s')]), harness.stream([named('t')])];
    void left.next();
    const error = reasonOf(closed.next());
    harness.worker(0).finish();
    void left.return();
    harness.worker(0).finish();
    void harness.scheduler.shutdown('drain');
    expect(await error).toMatchObject({ name: 'ExecutorClosedError' });
    expect(harness.scheduler.admission.placesTaken).toBe(0);
    expect(harness.scheduler.stats()).toMatchObject({ submitted: 2, fulfilled: 2 });
  });
});

describe('maxWaiting', () => {
  test('counts the callers of submit(), and no streams', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0, maxWaiting: 1 });
    harness.submit('r');
    const source = new Feed<Task<unknown>>();
    const streams = [harness.stream(source), harness.stream([named('t')])];
    for (const stream of streams) void stream.next().catch(() => {});
    harness.submit('ab');
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [r]
      waiting: a
      rejected: b (SaturatedError)"
    `);
    harness.worker(0).finish();
    await harness.tick();
    source.put(named('s'));
    await harness.tick();
    harness.submit('cd');
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [t]
      waiting: a s
      fulfilled: r
      rejected: b (SaturatedError), c (SaturatedError), d (SaturatedError)"
    `);
  });

  test('a caller who has left makes room for another one, at once', () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0, maxWaiting: 1 });
    const controller = new AbortController();
    harness.submit('r');
    harness.submit('a', { signal: controller.signal });
    controller.abort('enough');
    harness.submit('b');
    harness.worker(0).finish();
    harness.submit('c');
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [b]
      waiting: c
      fulfilled: r
      cancelled: a (enough)"
    `);
  });
});
