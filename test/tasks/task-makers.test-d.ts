import { asCompleted, Executor, inline, tasks, transferable, wait } from 'millrace';
import type { Future, MapOptions, OfFuture, Outcome, Task, TransformPair } from 'millrace';
import type { Duplex } from 'node:stream';
import { assertType, describe, expectTypeOf, test } from 'vitest';

interface Module {
  add(a: number, b: number): number;
  greet(name: string, options?: { readonly loud: boolean }): Promise<string>;
  identity<T>(value: T): T;
  sum(...numbers: number[]): number;
  nothing(): void;
  readonly notAFunction: number;
  readonly alsoNot: string[];
}

declare const executor: Executor;
const makers = tasks<Module>('file:///module.js');

describe('task makers', () => {
  test('have the parameters of the function, and the awaited result', () => {
    expectTypeOf(makers.add).toEqualTypeOf<(a: number, b: number) => Task<number>>();
    expectTypeOf(makers.add).parameters.toEqualTypeOf<[a: number, b: number]>();
    expectTypeOf(makers.greet('x')).toEqualTypeOf<Task<string>>();
    expectTypeOf(makers.nothing()).toEqualTypeOf<Task<void>>();
    expectTypeOf(makers.sum).parameters.toEqualTypeOf<number[]>();
  });

  test('are there for functions only', () => {
    expectTypeOf<keyof typeof makers>().toEqualTypeOf<'add' | 'greet' | 'identity' | 'sum' | 'nothing'>();
    // @ts-expect-error the module exports no such name
    makers.subtract;
    // @ts-expect-error a number is no task
    makers.notAFunction;
  });

  test('refuse wrong arguments', () => {
    // @ts-expect-error a string is no number
    makers.add(1, '2');
    // @ts-expect-error one is missing
    makers.add(1);
    // @ts-expect-error one too many
    makers.add(1, 2, 3);
  });

  test('of a module by its type', () => {
    const work = tasks<typeof import('../fixtures/work.mjs')>(new URL('file:///work.mjs'));
    expectTypeOf(work.add(1, 2)).toEqualTypeOf<Task<number>>();
    expectTypeOf(work.buffer('x')).toEqualTypeOf<Task<Buffer>>();
  });

  test('of a generic function take whatever it takes', () => {
    expectTypeOf(makers.identity).toBeCallableWith('text');
    expectTypeOf(makers.identity('text')).toExtend<Task<unknown>>();
  });
});

describe('tasks', () => {
  test('keep their type with other options', () => {
    expectTypeOf(makers.add(1, 2).with({ priority: 1 })).toEqualTypeOf<Task<number>>();
    // @ts-expect-error no such option
    makers.add(1, 2).with({ urgency: 1 });
    // @ts-expect-error a string is no number
    makers.add(1, 2).with({ priority: '1' });
  });

  test('of one result are no tasks of another', () => {
    expectTypeOf(makers.add(1, 2)).not.toExtend<Task<string>>();
    expectTypeOf<Task<string>>().toExtend<Task<string | number>>();
  });

  test('inline infers arguments and result', () => {
    expectTypeOf(inline((a: number, b: string) => a + b, 1, 'x')).toEqualTypeOf<Task<string>>();
    expectTypeOf(inline(async () => 1)).toEqualTypeOf<Task<number>>();
    // @ts-expect-error a string is no number
    inline((a: number) => a, 'x');
  });

  test('transferable has the type of the value', () => {
    expectTypeOf(transferable(new ArrayBuffer(1), [])).toEqualTypeOf<ArrayBuffer>();
  });
});

describe('an executor', () => {
  test('gives futures of the result', () => {
    expectTypeOf(executor.submit(makers.add(1, 2))).resolves.toEqualTypeOf<Future<number>>();
    expectTypeOf(executor.trySubmit(makers.greet('x'))).toEqualTypeOf<Future<string> | null>();
    expectTypeOf(executor.run(makers.greet('x'))).resolves.toEqualTypeOf<string>();
    expectTypeOf<Future<number>>().not.toHaveProperty('then');
    // @ts-expect-error not a task
    void executor.submit(() => 1);
    // @ts-expect-error no such option
    assertType(new Executor({ threads: 1 }));
  });

  test('streams futures and results', () => {
    const futures = executor.asCompleted([makers.add(1, 2)]);
    expectTypeOf(futures).toEqualTypeOf<AsyncIterableIterator<Future<number>, undefined>>();
    const results = executor.map(['a'], (item, index) => {
      expectTypeOf(item).toEqualTypeOf<string>();
      expectTypeOf(index).toEqualTypeOf<number>();
      return makers.greet(item);
    });
    expectTypeOf(results.next()).resolves.toEqualTypeOf<IteratorResult<string, undefined>>();
    const outcomes = executor.map([1], (n) => makers.add(n, n), { outcomes: true });
    expectTypeOf(outcomes.next()).resolves.toEqualTypeOf<
      IteratorResult<Outcome<number, OfFuture<number>>, undefined>
    >();
  });

  test('streams tasks of several results', () => {
    const futures = executor.asCompleted([makers.add(1, 2), makers.greet('x')]);
    expectTypeOf(futures).toEqualTypeOf<AsyncIterableIterator<Future<number | string>, undefined>>();
    const results = executor.map([1], (n) => (n > 1 ? makers.add(n, n) : makers.greet('x')));
    expectTypeOf(results.next()).resolves.toEqualTypeOf<IteratorResult<number | string, undefined>>();
    expectTypeOf(executor.map('text', (letter) => makers.greet(letter))).not.toBeAny();
    // @ts-expect-error no task
    executor.map([1], (n) => n);
    // @ts-expect-error no tasks
    executor.asCompleted([1]);
  });

  test('streams results or outcomes, if only the run tells which', () => {
    const outcomes = Math.random() > 0.5;
    const either = executor.map([1], (n) => makers.add(n, n), { outcomes });
    expectTypeOf(either.next()).resolves.toEqualTypeOf<
      IteratorResult<number | Outcome<number, OfFuture<number>>, undefined>
    >();
  });

  test('are the two ends of a stream', () => {
    const digests = executor.stream((path: string) => makers.greet(path));
    expectTypeOf(digests).toEqualTypeOf<TransformPair<string, string>>();
    const sums = executor.stream((n: number, index) => makers.add(n, index), {
      ordered: false,
      outcomes: true,
    });
    expectTypeOf(sums).toEqualTypeOf<TransformPair<number, Outcome<number, OfFuture<number>>>>();
    const options: MapOptions = { window: 2 };
    expectTypeOf(executor.stream(() => makers.nothing(), options).readable).toEqualTypeOf<
      ReadableStream<void | Outcome<void, OfFuture<void>>>
    >();
    const piped = new ReadableStream<string>().pipeThrough(executor.stream((name) => makers.greet(name)));
    expectTypeOf(piped).toEqualTypeOf<ReadableStream<string>>();
    expectTypeOf(executor.duplex((path: string) => makers.greet(path), options)).toEqualTypeOf<Duplex>();
    // @ts-expect-error it takes numbers
    new ReadableStream<string>().pipeThrough(executor.stream((n: number) => makers.add(n, n)));
    // @ts-expect-error no task
    executor.stream((n: number) => n);
    // @ts-expect-error no such option
    executor.stream((n: number) => makers.add(n, n), { unordered: true });
    // @ts-expect-error no task
    executor.duplex((n: number) => n);
  });

  test('streams in generic code', () => {
    const stream = <R>(all: Task<R>[]): AsyncIterableIterator<Future<R>, undefined> =>
      executor.asCompleted(all);
    expectTypeOf(stream([makers.add(1, 2)])).toEqualTypeOf<
      AsyncIterableIterator<Future<number>, undefined>
    >();
  });
});

describe('futures', () => {
  const future = {} as Future<number>;

  test('have results and outcomes', () => {
    expectTypeOf(future.result()).resolves.toEqualTypeOf<number>();
    expectTypeOf(future.outcome()).resolves.toEqualTypeOf<Outcome<number, OfFuture<number>>>();
    expectTypeOf(future.task).toEqualTypeOf<Task<number>>();
  });

  test('an outcome is told by its status', () => {
    const check = (outcome: Outcome<number>) => {
      if (outcome.status === 'fulfilled') expectTypeOf(outcome.value).toEqualTypeOf<number>();
      else expectTypeOf(outcome.reason).toEqualTypeOf<unknown>();
    };
    expectTypeOf(check).toBeFunction();
  });

  test('of several results are read and waited for together', () => {
    const other = {} as Future<string>;
    const mixed = asCompleted([future, other]);
    expectTypeOf(mixed).toEqualTypeOf<AsyncIterableIterator<Future<number> | Future<string>, undefined>>();
    expectTypeOf(wait([future, other])).resolves.toExtend<{ done: Future<number | string>[] }>();
    // @ts-expect-error no futures
    asCompleted([makers.add(1, 2)]);
  });

  test('many of them are read and waited for', () => {
    expectTypeOf(asCompleted([future])).toEqualTypeOf<AsyncIterableIterator<Future<number>, undefined>>();
    expectTypeOf(wait([future])).resolves.toEqualTypeOf<{
      readonly done: Future<number>[];
      readonly pending: Future<number>[];
    }>();
  });
});
