import { describe, expect, test } from 'vitest';
import { Bench } from '../bench.ts';
import { uncloneable } from '../fake-backend.ts';
import { makeTask } from '../make-job.ts';

/** Lets the scheduler learn that the tasks of these names are quick. */
async function teach(bench: Bench, names: string): Promise<void> {
  for (const name of names) {
    bench.submit(name);
    await bench.tick();
    bench.backend.alive.find((worker) => worker.deliveries.length > 0)?.finish('learnt', { ms: 0.01 });
  }
  bench.jobs.clear();
}

describe('batching', () => {
  test('functions that nobody knows travel one by one, at most two deliveries per worker', async () => {
    const bench = Bench.booted();
    bench.submit('abcdef');
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [b] [c]
      worker 1: [a] [d]
      queued: e f"
    `);
  });

  test('quick ones travel together, as a fair share of what is pending', async () => {
    const bench = Bench.booted();
    await teach(bench, 'abcdefgh');
    bench.submit('xy');
    bench.submit('abcdefgh');
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [y] [a b c]
      worker 1: [x] [d e f]
      queued: g h"
    `);
  });

  test('nothing follows what is known to take long: who becomes free first takes the next', async () => {
    const bench = Bench.booted();
    bench.submit('a');
    bench.backend.alive.find((worker) => worker.deliveries.length > 0)?.finish('learnt', { ms: 50 });
    bench.jobs.clear();
    bench.submit('aaaa');
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a]
      worker 1: [a]
      queued: a"
    `);
  });

  test('a worker that is through is fed again before anything settles', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('abc');
    await bench.tick();
    let atSettlement = '';
    bench.job('a').onSettled({ settled: () => (atSettlement = bench.show()) });
    bench.worker(0).finish();
    expect(atSettlement).toMatchInlineSnapshot(`
      "worker 0: [b] [c]
      fulfilled: a"
    `);
  });
});

describe('a function that is quick at most times', () => {
  test('is sent on result by result, once it has been slow', async () => {
    const bench = Bench.booted({ workers: 1 });
    await teach(bench, 'aaaa');
    const eager = () => bench.worker(0).deliveries.map((delivery) => delivery.eager);
    const submitMany = async () => {
      bench.submit('x');
      bench.submit('aaaaaaaa');
      await bench.tick();
    };
    await submitMany();
    expect(eager()).toEqual([false, false]);
    bench.worker(0).finish();
    bench.worker(0).finish('slow', { ms: 20 });
    for (let left = 100; left > 0 && bench.worker(0).deliveries.length > 0; left--) {
      bench.worker(0).finish('quick', { ms: 0.01 });
      await bench.tick();
    }
    await teach(bench, 'a'.repeat(100));
    await submitMany();
    expect(eager()).toEqual([false, true]);
  });
});

describe('a delivery that its worker cannot read', () => {
  test('of several tasks: each goes on by itself', async () => {
    const bench = Bench.booted({ workers: 1 });
    await teach(bench, 'abc');
    bench.submit('x');
    bench.submit('abc');
    await bench.tick();
    bench.worker(0).claim();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [x*] [a b]
      queued: c"
    `);
    bench.worker(0).unread('too deep');
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [x*] [a]
      queued: b c"
    `);
  });

  test('of one task: that is the culprit', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('ab');
    await bench.tick();
    bench.worker(0).claim();
    bench.worker(0).unread('too deep');
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a*]
      rejected: b (too deep)"
    `);
    bench.worker(0).finish();
    expect(bench.scheduler.stats()).toMatchObject({ pending: 0, running: 0, rejected: 1 });
    expect(bench.scheduler.admission.placesTaken).toBe(0);
  });

  test('whose tasks were cancelled meanwhile: nothing is left of it', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('ab');
    await bench.tick();
    bench.worker(0).claim();
    bench.cancel('b');
    bench.worker(0).finish();
    expect(bench.scheduler.admission.placesTaken).toBe(0);
  });
});

describe('priority', () => {
  test('a more urgent task goes before all that no worker has claimed', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('abc');
    await bench.tick();
    bench.worker(0).claim();
    bench.submit('u', { priority: 1 });
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a*] [b-]
      queued: b c u"
    `);
    await bench.tick();
    bench.worker(0).finish();
    bench.worker(0).claim();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [u*] [b]
      queued: c
      fulfilled: a"
    `);
  });

  test('what was recalled keeps its order', async () => {
    const bench = Bench.booted({ workers: 2 });
    bench.submit('abcd');
    await bench.tick();
    bench.worker(0).claim();
    bench.worker(1).claim();
    bench.submit('u', { priority: 1 });
    await bench.tick();
    for (const index of [0, 1, 0, 1, 0]) bench.worker(index).finish();
    expect(bench.backend.workers.flatMap(({ ran }) => ran.map(({ label }) => label))).toMatchInlineSnapshot(`
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
    const bench = Bench.booted({ workers: 1 });
    bench.submit('ab', { priority: 1 });
    await bench.tick();
    bench.submit('c', { priority: 1 });
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a] [b]
      queued: c"
    `);
  });
});

describe('no task waits behind another one while a worker is free', () => {
  test('a free worker takes over what a busy one has not begun', async () => {
    const bench = Bench.booted();
    bench.submit('abcd');
    await bench.tick();
    bench.worker(0).claim();
    bench.worker(1).finish();
    bench.worker(1).finish();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [b*] [c-]
      worker 1: [c]
      fulfilled: a, d"
    `);
  });

  test('also one that comes up late', async () => {
    const bench = new Bench();
    bench.worker(0).boot();
    bench.submit('ab');
    await bench.tick();
    bench.worker(0).claim();
    bench.worker(1).boot();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a*] [b-]
      worker 1: [b]"
    `);
  });

  test('also one that replaces a thread that died', async () => {
    const bench = Bench.booted();
    bench.submit('abcd');
    await bench.tick();
    bench.worker(0).claim();
    bench.worker(1).finish();
    bench.worker(1).claim();
    bench.worker(1).end();
    await bench.tick();
    bench.worker(2).boot();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [b*] [c-]
      worker 2: [c]
      fulfilled: a
      rejected: d (WorkerCrashedError)"
    `);
  });

  test('also when the worker with most to do has nothing that can be moved', async () => {
    const bench = Bench.booted({ workers: 3 });
    await teach(bench, 'abc');
    bench.submit('abc');
    await bench.tick();
    for (const worker of bench.backend.workers) worker.claim();
    bench.submit('t', { transfer: [new ArrayBuffer(1)] });
    bench.submit('d');
    await bench.tick();
    const free = bench.backend.workers.find(({ deliveries }) => deliveries.length === 1);
    free?.finish();
    await bench.tick();
    expect(free?.deliveries, bench.show()).toHaveLength(1);
  });

  test('what moves waits for a worker that is through with tasks nobody knows', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('a');
    bench.worker(0).claim();
    bench.submit('t', { transfer: [new ArrayBuffer(1)] });
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [a*]
      queued: t"
    `);
    bench.worker(0).finish();
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [t]
      fulfilled: a"
    `);
  });
});

describe('arguments that cannot be cloned', () => {
  test('of several tasks in one delivery, only the culprit fails, and the others keep their order', async () => {
    const bench = Bench.booted({ workers: 1 });
    await teach(bench, 'abcdx');
    bench.submit('x');
    bench.submit('a');
    bench.submit('b', {}, [uncloneable]);
    bench.submit('cd');
    await bench.tick();
    expect(bench.show()).toMatchInlineSnapshot(`
      "worker 0: [x] [a]
      queued: b c d"
    `);
    for (let left = 4; left > 0; left--) bench.worker(0).finish();
    await bench.tick();
    expect(
      bench
        .worker(0)
        .ran.map(({ label }) => label)
        .join(' '),
    ).toMatchInlineSnapshot(`"a b c d x x a c d"`);
  });

  test('a place and its bytes are not lost with it', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 0 });
    bench.submit('a', {}, [uncloneable, new Uint8Array(10)]);
    expect(bench.scheduler.admission).toMatchObject({ placesTaken: 0, bytesTaken: 0 });
  });

  test('does not change the order in which callers get their places', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 0 });
    const { scheduler } = bench;
    bench.submit('r');
    const order: string[] = [];
    for (const [name, args] of [
      ['b', [uncloneable]],
      ['c', []],
    ] as const) {
      const job = scheduler.createJob(makeTask(name, {}, [...args]), {});
      expect(scheduler.tryAdmit(job)).toBe(false);
      void scheduler.waitForPlace(job).then(() => order.push(name));
    }
    bench.worker(0).finish();
    await bench.tick();
    expect(order).toEqual(['b', 'c']);
  });

  test('of any number of callers in line ends them all', async () => {
    const bench = Bench.booted({ workers: 1, maxPending: 0 });
    bench.submit('r');
    const { scheduler } = bench;
    const count = 20_000;
    for (let left = count; left > 0; left--) {
      void scheduler
        .waitForPlace(scheduler.createJob(makeTask('bad', {}, [uncloneable]), {}))
        .catch(() => {});
    }
    bench.worker(0).finish();
    await bench.tick();
    expect(scheduler.stats()).toMatchObject({ waiting: 0, pending: 0, fulfilled: 1, rejected: count });
  });
});

describe('bytes', () => {
  test('a large task gives its bytes back when a worker has claimed it, and no earlier', () => {
    const bench = Bench.booted({ workers: 1, maxPendingBytes: 1000 });
    bench.submit('a', {}, [new Uint8Array(100)]);
    expect(bench.scheduler.stats().pendingBytes).toBe(100);
    bench.worker(0).claim();
    expect(bench.scheduler.stats().pendingBytes).toBe(0);
    bench.submit('b', {}, [new Uint8Array(100)]);
    expect(bench.scheduler.stats().pendingBytes).toBe(100);
  });

  test('a task that is recalled before it began holds its bytes again', async () => {
    const bench = Bench.booted({ workers: 1 });
    bench.submit('a', {}, [new Uint8Array(100)]);
    bench.submit('u', { priority: 1 });
    expect(bench.job('a').status).toBe('queued');
    expect(bench.scheduler.stats().pendingBytes).toBe(100);
    await bench.tick();
  });
});
