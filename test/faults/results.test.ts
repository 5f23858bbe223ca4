import { Executor, InvalidTaskError } from 'millrace';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { faults } from '../support/faults.ts';
import { Gate } from '../support/gate.ts';
import { present, reasonOf } from '../support/settling.ts';
import { work } from '../support/work.ts';

let executor: Executor;
let thread: number;
beforeAll(async () => {
  executor = new Executor({ workers: 1 });
  thread = await executor.run(faults.thread());
});
afterAll(() => executor.shutdown({ mode: 'kill' }));

describe('a result that can’t cross fails its task with a DataCloneError, and', () => {
  afterEach(async () => expect(await executor.run(faults.thread()), 'the thread goes on').toBe(thread));

  test.each([
    ['a function', () => faults.aFunction(), /^result: .*could not be cloned/],
    ['a symbol', () => faults.aSymbol(), /^result: .*could not be cloned/],
    ['something deep inside', () => faults.aWeakMap(), /^result\.list\[0\]: /],
    ['a getter that throws', () => faults.withGetter(), /^result\.deep\[0\]\.bad: in a getter$/],
    ['a proxy that throws', () => faults.silentProxy(), /^result: trap$/],
    ['a transfer list that is none', () => faults.badTransferList(), /^result: /],
    ['a transfer list of what can’t move', () => faults.notTransferable(), /^result: .*transferList/],
    ['3,000 levels', () => faults.nested(3000), /^result: nested more than 1000 levels deep$/],
    ['100,000 levels', () => faults.nested(100_000), /^result: nested more than 1000 levels deep$/],
    ['1,500 levels of Maps', () => faults.nestedMaps(1500), /^result: nested more than 1000 levels deep$/],
    ['8,000 levels of Maps', () => faults.nestedMaps(8000), /^result: nested more than 1000 levels deep$/],
    ['8,000 levels of Sets', () => faults.nestedSets(8000), /^result: nested more than 1000 levels deep$/],
    ['8,000 getters', () => faults.nestedGetters(8000), /^result: nested more than 1000 levels deep$/],
    ['a URL', () => faults.aUrl(), /^result\.link: /],
  ])('says so: %s', async (_, makeTask, message) => {
    const error = await reasonOf(executor.run(makeTask()));
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toMatchObject({ name: 'DataCloneError' });
    expect((error as Error).message).toMatch(message);
  });

  test.each([
    ['a generator', () => faults.generator()],
    ['an async generator', () => faults.asyncGenerator()],
    ['an iterator', () => faults.mapIterator()],
  ])('names iterate(): %s', async (_, makeTask) => {
    const error = await reasonOf(executor.run(makeTask()));
    expect(error).toBeInstanceOf(InvalidTaskError);
    expect((error as Error).message).toMatch(/executor\.iterate\(\), or return an array$/);
  });

  test('also of what a task reports: 3,000 levels', async () => {
    const error = await reasonOf(executor.run(faults.reportNested(3000)));
    expect(error).toMatchObject({
      name: 'DataCloneError',
      message: 'report: nested more than 1000 levels deep',
    });
  });

  test('those that travel with it arrive', async () => {
    for (let left = 20; left > 0; left--) await executor.run(faults.nested(0));
    const levels = Array.from({ length: 40 }, (_, n) => (n % 10 === 3 ? 2000 : n % 3));
    const futures = levels.map((level) => present(executor.trySubmit(faults.nested(level))));
    const outcomes = await Promise.all(futures.map((future) => future.outcome()));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(
      levels.map((level) => (level === 2000 ? 'rejected' : 'fulfilled')),
    );
  });
});

test('a result with an error on which something is nested too deeply arrives, and says so', async () => {
  const { error } = (await executor.run(faults.resultWithDeepError(8000))) as { error: { deep: string } };
  expect(error).toBeInstanceOf(Error);
  expect(error.deep).toEqual(expect.any(String));
  expect(await executor.run(faults.thread())).toBe(thread);
});

test('an array with a getter that returns more the second time ends its own task', async () => {
  const own = new Executor({ workers: 1 });
  for (let left = 5; left > 0; left--) await own.run(faults.nested(0));
  const [before, culprit, behind] = await Promise.all(
    [faults.nested(1), faults.deeperTheSecondTime(4000), faults.nested(2)].map(async (task) =>
      (await own.submit(task)).outcome(),
    ),
  );
  expect(culprit).toMatchObject({ status: 'rejected', reason: { name: 'WorkerCrashedError' } });
  expect([before?.status, behind?.status]).toEqual(['fulfilled', 'fulfilled']);
  await own.shutdown();
});

test('an array with a getter that returns more the second time takes nothing with it that its thread has begun', async () => {
  const own = new Executor({ workers: 1 });
  const [first, gate] = [new Gate(), new Gate()];
  const before = own.run(work.pass(first.shared));
  await first.arrivals();
  // Both are sent while the thread is busy, so one begins right behind the other.
  const culprit = own.run(faults.deeperTheSecondTime(4000)).catch((error: unknown) => error);
  const behind = own.run(work.quickOr(0, gate.shared));
  await new Promise((resolve) => setImmediate(resolve));
  first.open();
  await before;
  await gate.arrivals();
  for (let turns = 100; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  gate.open();
  expect(await behind).toBe(0);
  expect(await culprit).toMatchObject({ name: 'WorkerCrashedError' });
  expect(await own.run(faults.nested(1))).toBeDefined();
  await own.shutdown();
});

test('a revoked proxy fails its task, and the thread goes on', async () => {
  expect(await reasonOf(executor.run(faults.revokedProxy()))).toBeInstanceOf(TypeError);
  expect(await executor.run(faults.thread())).toBe(thread);
});

test('nested in 1,000 levels of Maps or Sets arrives', async () => {
  for (const makeTask of [faults.nestedMaps, faults.nestedSets]) {
    const result = await executor.run(makeTask(999));
    expect(levelsOf(result)).toBe(999);
    expect(levelsOf(await executor.run(faults.echo(result)))).toBe(999);
  }
});

/** Counted in a loop: to compare them is a recursion that Node's stack may not hold. */
function levelsOf(value: unknown): number {
  let levels = 0;
  for (let within = value; ; levels++) {
    expect(within instanceof Map || within instanceof Set).toBe(true);
    const [next] = (within as Map<unknown, unknown> | Set<unknown>).values();
    if (next === undefined) return levels;
    within = next;
  }
}

describe('huge ones arrive:', () => {
  test('bytes', async () => {
    const size = 100 * 2 ** 20;
    const result = await executor.run(faults.bytes(size));
    expect([result.byteLength, result[0], result[size - 1]]).toEqual([size, 7, 7]);
  });

  test('text', async () => {
    expect((await executor.run(faults.text(50 * 2 ** 20))).length).toBe(50 * 2 ** 20);
  });
});

describe('arguments', () => {
  const nested = (levels: number) => {
    let value = {};
    for (let left = levels; left > 0; left--) value = { value };
    return value;
  };

  test.each([3000, 100_000])(
    'nested in %i levels are refused, time after time, and no other task',
    async (levels) => {
      await using own = new Executor({ workers: 1 });
      for (let left = 10; left > 0; left--) {
        const error = await reasonOf(own.run(faults.echo(nested(levels))));
        expect(error).toMatchObject({
          name: 'DataCloneError',
          message: 'args: nested more than 1000 levels deep',
        });
      }
      expect(await own.run(faults.echo('on'))).toBe('on');
    },
  );

  test('nested in a Map or a Set count as much', async () => {
    let value: unknown = 1;
    for (let left = 1100; left > 0; left--) value = left % 2 === 0 ? new Map([[value, 1]]) : new Set([value]);
    await using own = new Executor({ workers: 1 });
    const futures = [value, 1, value, 2].map((each) => present(own.trySubmit(faults.echo(each))));
    const outcomes = await Promise.all(futures.map((future) => future.outcome()));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await reasonOf(own.run(faults.echo(value)))).toMatchObject({
      name: 'DataCloneError',
      message: 'args: nested more than 1000 levels deep',
    });
  });

  test('nested in 1,000 levels arrive', async () => {
    expect(JSON.stringify(await executor.run(faults.echo(nested(990))))).toBe(JSON.stringify(nested(990)));
  });
});

describe('a thenable', () => {
  test.each([
    ['that resolves', [['resolve', 1]]],
    [
      'that resolves twice, the first time counts',
      [
        ['resolve', 1],
        ['resolve', 2],
      ],
    ],
    [
      'that resolves and rejects, the first one counts',
      [
        ['resolve', 1],
        ['reject', 2],
      ],
    ],
  ] as const)('%s', async (_, calls) => {
    expect(await executor.run(faults.thenable(calls))).toBe(1);
  });

  test('that rejects first is a failure', async () => {
    expect(
      await reasonOf(
        executor.run(
          faults.thenable([
            ['reject', 'no'],
            ['resolve', 1],
          ]),
        ),
      ),
    ).toBe('no');
  });

  test('that can be called is one too', async () => {
    expect(await executor.run(faults.callableThenable('called'))).toBe('called');
  });

  test('whose then can’t be read fails with the error of its getter', async () => {
    expect(await reasonOf(executor.run(faults.thenGetterThrows()))).toMatchObject({
      name: 'RangeError',
      message: 'then',
    });
  });

  test('whose then is no function is a plain value', async () => {
    // oxlint-disable-next-line unicorn/no-thenable
    expect(await executor.run(faults.thenIsNoFunction())).toEqual({ then: 1 });
  });
});

describe('an error', () => {
  test('with a cycle of causes keeps it', async () => {
    const error = (await reasonOf(executor.run(faults.throwCycle()))) as Error & { cause: Error };
    expect(error).toBeInstanceOf(RangeError);
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(error.cause.cause).toBe(error);
  });

  test('that is an AggregateError keeps its errors, what is no error among them, and cycles', async () => {
    const error = (await reasonOf(executor.run(faults.throwAggregate()))) as AggregateError;
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors).toHaveLength(3);
    expect(error.errors[0]).toBe(error.errors[2]);
    expect(error.errors[1]).toBeNull();
    expect((error.errors[0] as Error).cause).toBe(error);
  });

  test.each(['AbortError', 'TimeoutError', 'DataCloneError', 'QuotaExceededError'])(
    'that is a DOMException named %s is one',
    async (name) => {
      const error = await reasonOf(executor.run(faults.throwDomException(name)));
      expect(error).toBeInstanceOf(DOMException);
      expect(error).toMatchObject({ name, message: 'stop', code: new DOMException('', name).code });
    },
  );

  test('that can’t be cloned as a whole arrives with what can', async () => {
    const error = await reasonOf(executor.run(faults.throwUncloneable()));
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: 'odd', code: 'E_ODD', handler: expect.any(String) as string });
  });

  test('that is none, and nested too deeply to be read, arrives as a description', async () => {
    expect(await reasonOf(executor.run(faults.throwNested(3000)))).toEqual(expect.any(String));
    expect(await executor.run(faults.thread())).toBe(thread);
  });

  test.each([undefined, null, false, 0, '', Number.NaN])(
    'that is none, but %o, rejects all the same',
    async (value) => {
      const future = await executor.submit(faults.reject(value));
      expect(await future.outcome()).toEqual({ status: 'rejected', reason: value, future });
    },
  );
});
