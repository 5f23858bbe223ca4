import { asCompleted, inline, tasks } from 'millrace';
import type { Executor, Future, GeneratorTask, Task, TaskItem, TaskIteration } from 'millrace';
import { current } from 'millrace/worker';
import type { NestedFuture, NestedIteration } from 'millrace/worker';
import { describe, expectTypeOf, test } from 'vitest';

interface Row {
  readonly n: number;
}
interface Module {
  rows(path: string): Generator<Row, string>;
  rowsLater(path: string): AsyncGenerator<Row, number>;
  promised(): Promise<Generator<Row, void>>;
  promises(): Generator<Promise<Row>, void>;
  iterator(): Iterator<Row, string>;
  generic<T>(value: T): Generator<T, void>;
  anything(): any;
  anythingLater(): Promise<any>;
  never(): never;
  list(): Row[];
  set(): Set<Row>;
  either(): Row[] | Generator<Row>;
  sum(rows: AsyncIterable<Row>): Promise<number>;
  lengths(rows: AsyncIterable<Row>, path: string): AsyncGenerator<number>;
}

declare const executor: Executor;
const work = tasks<Module>('file:///module.js');

describe('a generator task', () => {
  test('is told apart by what the function returns', () => {
    expectTypeOf(work.rows('x')).toEqualTypeOf<GeneratorTask<Row, string>>();
    expectTypeOf(work.rowsLater('x')).toEqualTypeOf<GeneratorTask<Row, number>>();
    expectTypeOf(work.promised()).toEqualTypeOf<GeneratorTask<Row, void>>();
    expectTypeOf(work.promises()).toEqualTypeOf<GeneratorTask<Row, void>>();
    expectTypeOf(work.iterator()).toEqualTypeOf<GeneratorTask<Row, string>>();
    expectTypeOf(work.rows).parameters.toEqualTypeOf<[path: string]>();
    expectTypeOf(work.rows('x').with({ priority: 1 })).toEqualTypeOf<GeneratorTask<Row, string>>();
    expectTypeOf<TaskItem<GeneratorTask<Row, string>>>().toEqualTypeOf<Row>();
    expectTypeOf(
      inline(function* (n: number) {
        yield n;
        return 'end';
      }, 1),
    ).toEqualTypeOf<GeneratorTask<number, string>>();
  });

  test('is nothing else', () => {
    expectTypeOf(work.anything()).toEqualTypeOf<Task<any>>();
    expectTypeOf(work.anythingLater()).toEqualTypeOf<Task<any>>();
    expectTypeOf(work.never()).toEqualTypeOf<Task<never>>();
    expectTypeOf(work.list()).toEqualTypeOf<Task<Row[]>>();
    expectTypeOf(work.set()).toEqualTypeOf<Task<Set<Row>>>();
    expectTypeOf(work.either()).toEqualTypeOf<Task<Row[] | Generator<Row>>>();
  });

  test('is iterated', () => {
    const rows = executor.iterate(work.rows('x'), { window: 10, windowBytes: 1000, priority: 1 });
    expectTypeOf(rows).toEqualTypeOf<TaskIteration<Row, string>>();
    expectTypeOf(rows.next()).resolves.toEqualTypeOf<IteratorResult<Row, string>>();
    expectTypeOf(rows.future).toEqualTypeOf<Future<string>>();
    const nested = current().iterate(work.rowsLater('x'));
    expectTypeOf(nested).toEqualTypeOf<NestedIteration<Row, number>>();
    expectTypeOf(nested.future).toEqualTypeOf<NestedFuture<number>>();
    // @ts-expect-error no such option
    executor.iterate(work.rows('x'), { windw: 1 });
    // @ts-expect-error it yields nothing
    executor.iterate(work.list());
  });

  test('is not run, submitted, mapped, joined or completed', () => {
    // @ts-expect-error it is iterated
    void executor.run(work.rows('x'));
    // @ts-expect-error it is iterated
    void executor.submit(work.rowsLater('x'));
    // @ts-expect-error it is iterated
    executor.trySubmit(work.rows('x'));
    // @ts-expect-error it is iterated
    executor.map([1], () => work.rows('x'));
    // @ts-expect-error it is iterated
    executor.asCompleted([work.rows('x')]);
    // @ts-expect-error it is no future
    asCompleted([work.rows('x')]);
    // @ts-expect-error it is iterated
    void current().run(work.rows('x'));
    // @ts-expect-error it is iterated
    void current().submit(work.rows('x'));
    // @ts-expect-error it is iterated
    void current().join(work.list(), work.rows('x'));
    // @ts-expect-error it is iterated
    current().asCompleted([work.rows('x')]);
  });
});

describe('a function that takes an async iterable', () => {
  test('takes an iteration, a generator and a stream of such items', () => {
    const rows = executor.iterate(work.rows('x'));
    expectTypeOf(work.sum(rows)).toEqualTypeOf<Task<number>>();
    expectTypeOf(work.lengths(rows, 'x')).toEqualTypeOf<GeneratorTask<number, any>>();
    work.sum(current().iterate(work.rowsLater('x')));
    work.sum(new ReadableStream<Row>());
    work.sum(work.rowsLater('x') as unknown as AsyncGenerator<Row>);
    // @ts-expect-error its items are something else
    work.sum(executor.iterate(work.lengths(rows, 'x')));
    // @ts-expect-error it is a task, and not what that yields
    work.sum(work.rows('x'));
  });
});
