import { describe, expect, test } from 'vitest';
import { Harness } from '../harness.ts';
import { uncloneable } from '../fake-backend.ts';
import { makeTask } from '../make-job.ts';

/** Lets the scheduler learn that the tasks of these names are quick. */
async function teach(harness: Harness, names: string): Promise<void> {
  for (const name of names) {
    harness.submit(name);
    await harness.tick();
    harness.backend.alive.find((worker) => worker.batches.length > 0)?.finish('learnt', { ms: 0.01 });
  }
  harness.jobs.clear();
}

describe('batching', () => {
  test('functions that nobody knows travel one by one, at most two batches per worker', async () => {
    const harness = Harness.booted();
    harness.submit('abcdef');
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [b] [c]
      worker 1: [a] [d]
      queued: e f"
    `);
  });

  test('quick ones travel together, as a fair share of what is pending', async () => {
    const harness = Harness.booted();
    await teach(harness, 'abcdefgh');
    harness.submit('xy');
    harness.submit('abcdefgh');
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [y] [a b c]
      worker 1: [x] [d e f]
      queued: g h"
    `);
  });

  test('nothing follows what is known to take long: who becomes free first takes the next', async () => {
    const harness = Harness.booted();
    harness.submit('a');
    harness.backend.alive.find((worker) => worker.batches.length > 0)?.finish('learnt', { ms: 50 });
    harness.jobs.clear();
    harness.submit('aaaa');
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a]
      worker 1: [a]
      queued: a"
    `);
  });

  test('a worker that is through is fed again before anything settles', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('abc');
    await harness.tick();
    let atSettlement = '';
    harness.job('a').onSettled({ settled: () => (atSettlement = harness.show()) });
    harness.worker(0).finish();
    expect(atSettlement).toMatchInlineSnapshot(`
      "worker 0: [b] [c]
      fulfilled: a"
    `);
  });
});

describe('a function that is quick at most times', () => {
  test('has its results held for less, the more often it has been slow', async () => {
    const harness = Harness.booted({ workers: 1 });
    await teach(harness, 'aaaa');
    const holds = () => harness.worker(0).batches.map(({ holdMs }) => holdMs);
    const submitMany = async () => {
      harness.submit('x');
      harness.submit('aaaaaaaa');
      await harness.tick();
    };
    await submitMany();
    expect(holds()).toEqual([3, 3]);
    harness.worker(0).finish();
    harness.worker(0).finish('slow', { ms: 20 });
    for (let left = 100; left > 0 && harness.worker(0).batches.length > 0; left--) {
      harness.worker(0).finish('quick', { ms: 0.01 });
      await harness.tick();
    }
    await teach(harness, 'a'.repeat(100));
    await submitMany();
    expect(holds()).toEqual([3, 15 / 200]);
  });
});

describe('a batch that its worker cannot read', () => {
  test('of several tasks: each goes on by itself', async () => {
    const harness = Harness.booted({ workers: 1 });
    await teach(harness, 'abc');
    harness.submit('x');
    harness.submit('abc');
    await harness.tick();
    harness.worker(0).claim();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [x*] [a b]
      queued: c"
    `);
    harness.worker(0).unread('too deep');
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [x*] [a]
      queued: b c"
    `);
  });

  test('of one task: that is the culprit', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('ab');
    await harness.tick();
    harness.worker(0).claim();
    harness.worker(0).unread('too deep');
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a*]
      rejected: b (too deep)"
    `);
    harness.worker(0).finish();
    expect(harness.scheduler.stats()).toMatchObject({ pending: 0, running: 0, rejected: 1 });
    expect(harness.scheduler.admission.placesTaken).toBe(0);
  });

  test('whose tasks were cancelled meanwhile: nothing is left of it', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('ab');
    await harness.tick();
    harness.worker(0).claim();
    harness.cancel('b');
    harness.worker(0).finish();
    expect(harness.scheduler.admission.placesTaken).toBe(0);
  });
});

describe('priority', () => {
  test('a more urgent task goes before all that no worker has claimed', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('abc');
    await harness.tick();
    harness.worker(0).claim();
    harness.submit('u', { priority: 1 });
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a*] [b-]
      queued: b c u"
    `);
    await harness.tick();
    harness.worker(0).finish();
    harness.worker(0).claim();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [u*] [b]
      queued: c
      fulfilled: a"
    `);
  });

  test('what was recalled keeps its order', async () => {
    const harness = Harness.booted({ workers: 2 });
    harness.submit('abcd');
    await harness.tick();
    harness.worker(0).claim();
    harness.worker(1).claim();
    harness.submit('u', { priority: 1 });
    await harness.tick();
    for (const index of [0, 1, 0, 1, 0]) harness.worker(index).finish();
    expect(
      harness.backend.workers.flatMap(({ ran }) => ran.map(({ label }) => label)),
    ).toMatchInlineSnapshot(`
      [
        "b",
        "u",
        "d",
        "a",
        "c",
      ]
    `);
  });

  test('an urgent task recalls nothing of its own urgency', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('ab', { priority: 1 });
    await harness.tick();
    harness.submit('c', { priority: 1 });
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a] [b]
      queued: c"
    `);
  });
});

describe('no task waits behind another one while a worker is free', () => {
  test('a free worker takes over what a busy one has not begun', async () => {
    const harness = Harness.booted();
    harness.submit('abcd');
    await harness.tick();
    harness.worker(0).claim();
    harness.worker(1).finish();
    harness.worker(1).finish();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [b*] [c-]
      worker 1: [c]
      fulfilled: a, d"
    `);
  });

  test('also one that comes up late', async () => {
    const harness = new Harness();
    harness.worker(0).boot();
    harness.submit('ab');
    await harness.tick();
    harness.worker(0).claim();
    harness.worker(1).boot();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a*] [b-]
      worker 1: [b]"
    `);
  });

  test('also one that replaces a thread that died', async () => {
    const harness = Harness.booted();
    harness.submit('abcd');
    await harness.tick();
    harness.worker(0).claim();
    harness.worker(1).finish();
    harness.worker(1).claim();
    harness.worker(1).end();
    await harness.tick();
    harness.worker(2).boot();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [b*] [c-]
      worker 2: [c]
      fulfilled: a
      rejected: d (WorkerCrashedError)"
    `);
  });

  test('also when the worker with most to do has nothing that can be moved', async () => {
    const harness = Harness.booted({ workers: 3 });
    await teach(harness, 'abc');
    harness.submit('abc');
    await harness.tick();
    for (const worker of harness.backend.workers) worker.claim();
    harness.submit('t', { transfer: [new ArrayBuffer(1)] });
    harness.submit('d');
    await harness.tick();
    const free = harness.backend.workers.find(({ batches }) => batches.length === 1);
    free?.finish();
    await harness.tick();
    expect(free?.batches, harness.show()).toHaveLength(1);
  });

  test('what moves waits for a worker that is through with tasks nobody knows', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a');
    harness.worker(0).claim();
    harness.submit('t', { transfer: [new ArrayBuffer(1)] });
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [a*]
      queued: t"
    `);
    harness.worker(0).finish();
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [t]
      fulfilled: a"
    `);
  });
});

describe('arguments that cannot be cloned', () => {
  test('of several tasks in one batch, only the culprit fails, and the others keep their order', async () => {
    const harness = Harness.booted({ workers: 1 });
    await teach(harness, 'abcdx');
    harness.submit('x');
    harness.submit('a');
    harness.submit('b', {}, [uncloneable]);
    harness.submit('cd');
    await harness.tick();
    expect(harness.show()).toMatchInlineSnapshot(`
      "worker 0: [x] [a]
      queued: b c d"
    `);
    for (let left = 4; left > 0; left--) harness.worker(0).finish();
    await harness.tick();
    expect(
      harness
        .worker(0)
        .ran.map(({ label }) => label)
        .join(' '),
    ).toMatchInlineSnapshot(`"a b c d x x a c d"`);
  });

  test('a place and its bytes are not lost with it', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    harness.submit('a', {}, [uncloneable, new Uint8Array(10)]);
    expect(harness.scheduler.admission).toMatchObject({ placesTaken: 0, bytesTaken: 0 });
  });

  test('does not change the order in which callers get their places', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    const { scheduler } = harness;
    harness.submit('r');
    const order: string[] = [];
    for (const [name, args] of [
      ['b', [uncloneable]],
      ['c', []],
    ] as const) {
      const job = scheduler.createJob(makeTask(name, {}, [...args]), {});
      expect(scheduler.tryAdmit(job)).toBe(false);
      void scheduler.line.wait(job).then(() => order.push(name));
    }
    harness.worker(0).finish();
    await harness.tick();
    expect(order).toEqual(['b', 'c']);
  });

  test('of any number of callers in line ends them all', async () => {
    const harness = Harness.booted({ workers: 1, maxPending: 0 });
    harness.submit('r');
    const { scheduler } = harness;
    const count = 20_000;
    for (let left = count; left > 0; left--) {
      void scheduler.line.wait(scheduler.createJob(makeTask('bad', {}, [uncloneable]), {})).catch(() => {});
    }
    harness.worker(0).finish();
    await harness.tick();
    expect(scheduler.stats()).toMatchObject({ waiting: 0, pending: 0, fulfilled: 1, rejected: count });
  });
});

describe('bytes', () => {
  test('a large task gives its bytes back when a worker has claimed it, and no earlier', () => {
    const harness = Harness.booted({ workers: 1, maxPendingBytes: 1000 });
    harness.submit('a', {}, [new Uint8Array(100)]);
    expect(harness.scheduler.stats().pendingBytes).toBe(100);
    harness.worker(0).claim();
    expect(harness.scheduler.stats().pendingBytes).toBe(0);
    harness.submit('b', {}, [new Uint8Array(100)]);
    expect(harness.scheduler.stats().pendingBytes).toBe(100);
  });

  test('a task that is recalled before it began holds its bytes again', async () => {
    const harness = Harness.booted({ workers: 1 });
    harness.submit('a', {}, [new Uint8Array(100)]);
    harness.submit('u', { priority: 1 });
    expect(harness.job('a').status).toBe('queued');
    expect(harness.scheduler.stats().pendingBytes).toBe(100);
    await harness.tick();
  });
});
