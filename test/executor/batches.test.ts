import { tasks } from 'millrace';
import type { Executor, Task } from 'millrace';
import { describe, expect } from 'vitest';
import { testWith } from '../support/executor-test.ts';
import { Gate } from '../support/gate.ts';
import { reasonOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

const test = testWith({ workers: 1 });

const hosted = tasks<typeof import('../fixtures/hosted.mjs')>(
  new URL('../fixtures/hosted.mjs', import.meta.url),
);

/** Runs these in one batch: their functions are known to be quick, and they are submitted in one turn. */
async function together<R>(
  executor: Executor,
  gate: Gate,
  warm: () => Task<unknown>,
  tasks: readonly Task<R>[],
): Promise<PromiseSettledResult<R>[]> {
  for (let left = 20; left > 0; left--) await executor.run(warm()).catch(() => {});
  // Something to do, or the first of them would go ahead by itself.
  const first = executor.run(work.pass(gate.shared));
  await gate.arrivals();
  const results = Promise.allSettled(tasks.map((task) => executor.run(task)));
  await new Promise((resolve) => setImmediate(resolve));
  gate.open();
  await first;
  return results;
}
const values = (results: PromiseSettledResult<unknown>[]) =>
  results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.name));

test('the results of a function that is quick at most times do not wait behind a slow call', async ({
  executor,
  gate,
}) => {
  for (let round = 0; round < 8; round++) {
    await executor.run(work.quickOr(12));
    for (let left = 10; left > 0; left--) await executor.run(work.quickOr(0));
  }
  const first = new Gate();
  const before = executor.run(work.pass(first.shared));
  await first.arrivals();
  const quick = [0, 0, 0].map((ms) => executor.run(work.quickOr(ms)));
  const slow = executor.run(work.quickOr(0, gate.shared));
  await new Promise((resolve) => setImmediate(resolve));
  first.open();
  await before;
  await gate.arrivals();
  expect(await Promise.all(quick)).toEqual([0, 0, 0]);
  gate.open();
  expect(await slow).toBe(0);
});

describe('tasks that travel together share nothing', () => {
  test('not an argument that all of them were given', async ({ executor, gate }) => {
    const object = { n: 0 };
    const results = await together(
      executor,
      gate,
      () => work.bump({ n: 0 }),
      Array.from({ length: 6 }, () => work.bump(object)),
    );
    expect(values(results)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(object.n).toBe(0);
  });

  test('not a buffer behind two views, large or small', async ({ executor }) => {
    for (const size of [8, 100_000]) {
      const gate = new Gate();
      const bytes = new Uint8Array(size);
      const results = await together(executor, gate, () => work.byteLength(bytes), [
        work.byteLength(bytes),
        work.byteLength(new Uint8Array(bytes.buffer)),
        work.byteLength(bytes.subarray(0, 4)),
      ]);
      expect(values(results)).toEqual([size, size, 4]);
    }
  });

  test('but an argument given twice to one of them is the same object there', async ({ executor, gate }) => {
    const object = { n: 0 };
    const results = await together(executor, gate, () => work.same(object, object), [
      work.same(object, object),
      work.same(object, object),
    ]);
    expect(values(results)).toEqual([true, true]);
  });

  test('not a result that the next one changes', async ({ executor, gate }) => {
    const results = await together(
      executor,
      gate,
      () => work.nextState(),
      Array.from({ length: 6 }, () => work.nextState()),
    );
    const states = values(results) as { n: number }[];
    expect(states.map(({ n }) => n)).toEqual([21, 22, 23, 24, 25, 26]);
    expect(new Set(states).size).toBe(6);
  });

  test('not a buffer that each of them writes its result to', async ({ executor, gate }) => {
    const results = await together(
      executor,
      gate,
      () => work.writeScratch(0),
      [1, 2, 3, 4].map((n) => work.writeScratch(n)),
    );
    expect((values(results) as Float64Array[]).map(([first]) => first)).toEqual([1, 2, 3, 4]);
  });

  test('not memory that moves with a result: it is gone at once', async ({ executor, gate }) => {
    const moving: Task<unknown>[] = [
      hosted.movePage(1),
      hosted.movePage(2),
      hosted.moveTwice(),
      hosted.movePage(3),
    ];
    const [first, second, twice, third] = await together(executor, gate, () => hosted.movePage(0), moving);
    for (const [result, value] of [
      [first, 1],
      [second, 2],
      [third, 3],
    ] as const) {
      const { page, views } = (result as PromiseFulfilledResult<{ page: Uint8Array; views: Uint8Array[] }>)
        .value;
      expect([...page]).toEqual([value, 0, 0, 0, 0, 0, 0, 0]);
      expect(views[0]?.buffer).toBe(page.buffer);
    }
    expect(twice).toMatchObject({ status: 'rejected', reason: { name: 'DataCloneError' } });
  });
});

describe('a result that resists being sent', () => {
  test.for([
    'throwing proxy',
    'revoked proxy inside',
    'unnameable key',
    'transfer of a number',
    'throwing getter',
    'function',
    'symbol',
  ])('%s: is its own task’s failure', async (kind, { executor, gate }) => {
    const kinds = ['a', kind, 'b', kind, 'c', kind];
    const results = await together(
      executor,
      gate,
      () => work.hostile('fine'),
      kinds.map((each) => work.hostile(each)),
    );
    const names = values(results);
    expect(names.filter((_, index) => index % 2 === 0)).toEqual(['a', 'b', 'c']);
    for (const [index, result] of results.entries()) {
      if (index % 2 === 1) expect(result).toMatchObject({ status: 'rejected' });
    }
    expect(await executor.run(work.echo('on'))).toBe('on');
  });

  test('a getter that ends the thread takes nobody else with it', async ({ executor, gate }) => {
    const results = await together(
      executor,
      gate,
      () => work.hostile('fine'),
      ['a', 'exiting getter', 'b'].map((each) => work.hostile(each)),
    );
    expect(values(results)).toEqual(['a', 'WorkerCrashedError', 'b']);
  });

  test('an error that resists is still an error', async ({ executor, gate }) => {
    const results = await together(executor, gate, () => work.hostile('fine'), [
      work.hostile('a'),
      work.hostile('throws a revoked proxy in errors'),
      work.hostile('b'),
    ]);
    expect(values(results)).toEqual(['a', 'Error', 'b']);
  });

  test('nested too deeply to be read ends in an error', async ({ executor }) => {
    const reason = await reasonOf(executor.run(work.nest(2000)));
    expect(reason).toMatchObject({
      name: 'DataCloneError',
      message: 'result: nested more than 1000 levels deep',
    });
    expect(await executor.run(work.echo('on'))).toBe('on');
  });
});

describe('an argument that resists being sent', () => {
  const deep = () => {
    let value: object = {};
    for (let level = 0; level < 20_000; level++) value = { value };
    return value;
  };
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };
  const trapped = () =>
    new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('trap');
        },
      },
    );

  test.for([
    ['a revoked proxy', revoked],
    ['a throwing trap', trapped],
    ['nested too deeply', deep],
  ] as const)('%s: fails by itself, however often', async ([, make], { executor }) => {
    for (let left = 6; left > 0; left--) {
      const [failed, fine] = await Promise.allSettled([
        executor.run(work.isBuffer(make())),
        executor.run(work.isBuffer('no')),
      ]);
      expect(failed).toMatchObject({ status: 'rejected', reason: { name: 'DataCloneError' } });
      expect(fine).toEqual({ status: 'fulfilled', value: false });
    }
  });

  test('nested too deeply for the thread’s stack, after one that could not be sent: fails by itself', async ({
    makeExecutor,
  }) => {
    const executor = makeExecutor({ workers: 1, resourceLimits: { stackSizeMb: 0.5 } });
    expect(await reasonOf(executor.run(work.echo(() => {})))).toMatchObject({ name: 'DataCloneError' });
    let deep: object = {};
    for (let level = 0; level < 900; level++) deep = { deep };
    // A getter, because what is nested that deeply is refused as it is.
    const task = work.echo({
      get deep() {
        return deep;
      },
    });
    const end = await executor.run(task).then(
      () => 'fulfilled',
      (error: Error) => error.name,
    );
    expect(end).toMatch(/DataCloneError|fulfilled/);
    expect(await executor.run(work.echo(2))).toBe(2);
  });

  test('nested too deeply for the thread’s stack: fails by itself', async ({ gate, makeExecutor }) => {
    const executor = makeExecutor({ workers: 1, resourceLimits: { stackSizeMb: 1 } });
    let value: object = {};
    for (let level = 0; level < 1800; level++) value = { value };
    const results = await together(executor, gate, () => work.echo(1), [
      work.echo(1),
      work.echo(value),
      work.echo(3),
    ]);
    const [first, failed, third] = results;
    expect([first, third]).toMatchObject([{ value: 1 }, { value: 3 }]);
    expect(failed?.status === 'rejected' ? failed.reason.name : 'fulfilled').toMatch(
      /DataCloneError|fulfilled/,
    );
  });

  test('a getter that cancels its own task', async ({ executor }) => {
    const controller = new AbortController();
    const argument = {
      get trap() {
        controller.abort('mine');
        return 1;
      },
    };
    expect(await reasonOf(executor.run(work.echo(argument), { signal: controller.signal }))).toBe('mine');
    expect(await executor.run(work.echo('on'))).toBe('on');
    expect(executor.stats()).toMatchObject({ pending: 0, cancelled: 1, fulfilled: 1 });
  });
});

describe('a finished result is not held back for long', () => {
  test('by an asynchronous task', async ({ executor, gate }) => {
    for (let left = 20; left > 0; left--) await executor.run(work.quickUnlessAsync());
    const [quick, slow] = [
      executor.run(work.quickUnlessAsync()),
      executor.run(work.quickUnlessAsync(gate.shared)),
    ];
    expect(await quick).toBe('quick');
    gate.open();
    expect(await slow).toBe('slow');
  });

  test('by a task that never returns: a deadline is kept all the same', async ({ executor, gate }) => {
    for (let left = 20; left > 0; left--) await executor.run(work.quickUnless());
    const blocker = new Gate();
    const first = executor.run(work.pass(blocker.shared));
    await blocker.arrivals();
    const quick = executor.run(work.quickUnless(), { deadlineMs: 300 });
    const slow = executor.run(work.quickUnless(gate.shared));
    await new Promise((resolve) => setImmediate(resolve));
    blocker.open();
    await first;
    await gate.arrivals();
    // It came in time, or its deadline came: either way it has settled while the other one still runs.
    const [settled] = await Promise.allSettled([quick]);
    expect(settled?.status === 'fulfilled' ? settled.value : settled?.reason.name).toMatch(
      /quick|TaskTimeoutError/,
    );
    gate.open();
    expect(await slow).toBe('slow');
  });
});
