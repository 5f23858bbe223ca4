import { tasks } from 'millrace';
import type { Task } from 'millrace';
import type { Current, NestedFuture, Outcome } from 'millrace/worker';
import { expectTypeOf, test } from 'vitest';

const recursive = tasks<typeof import('../../../fixtures/recursive.ts')>('file:///recursive.ts');
declare const current: Current;
declare const number: Task<number>;
declare const text: Task<string>;

test('a module that names its own type is what it is', () => {
  expectTypeOf(recursive.deep(1)).toEqualTypeOf<Task<number>>();
  expectTypeOf(recursive.both(1)).toEqualTypeOf<Task<[number, string]>>();
  // @ts-expect-error a string is no number
  recursive.deep('1');
});

test('calls have the types of their tasks', () => {
  expectTypeOf(current.run(number)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(current.submit(number)).toEqualTypeOf<Promise<NestedFuture<number>>>();
  expectTypeOf(current.join(number, text)).toEqualTypeOf<Promise<[number, string]>>();
  expectTypeOf(current.asCompleted([number, text])).toEqualTypeOf<
    AsyncIterableIterator<NestedFuture<number | string>, undefined>
  >();
  // @ts-expect-error a number is no task
  void current.run(1);
});

test('futures have the types of their tasks', async () => {
  const future = await current.submit(number);
  expectTypeOf(future.result()).toEqualTypeOf<Promise<number>>();
  expectTypeOf(future.outcome()).toEqualTypeOf<Promise<Outcome<number>>>();
  expectTypeOf(future.task).toEqualTypeOf<Task<number>>();
});
