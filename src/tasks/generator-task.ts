import { asTask } from './task.ts';
import type { Task } from './task.ts';
import type { TaskOptions } from './task-options.ts';

declare const yields: unique symbol;

/**
 * A task whose function is a generator, sync or async: it yields items of type `T` and finally returns `R`. `executor.iterate()`,
 * `flatMap()`, `stream()` and `duplex()` take it; `run()`, `submit()`, `map()` and `asCompleted()` do not.
 */
export interface GeneratorTask<out T, out R = unknown>
  extends Pick<Task<unknown>, 'args' | 'options' | 'module' | 'name' | 'label'> {
  /** Exists only as a type. */
  readonly [yields]: { readonly item: T; readonly result: R };
  /** The same call with other options; see `Task.with`. */
  with(options: TaskOptions): GeneratorTask<T, R>;
}

/** The type of the items that a generator's task yields. */
export type TaskItem<G extends GeneratorTask<unknown>> = G extends GeneratorTask<infer T> ? T : never;

/** The type of a task that calls a function which returns `R`: a `GeneratorTask` if `R` is an iterator. */
export type TaskOf<R> = TaskOfValue<Awaited<R>>;

/** `any` and `never` do not count as generators, although each is assignable to one. */
type TaskOfValue<V> = 0 extends 1 & V
  ? Task<V>
  : [V] extends [never]
    ? Task<V>
    : [V] extends [Iterator<infer T, infer R, never> | AsyncIterator<infer T, infer R, never>]
      ? GeneratorTask<Awaited<T>, Awaited<R>>
      : Task<V>;

/**
 * A generator's task as a `Task`: the two differ only in their types.
 *
 * @throws {InvalidTaskError} for a value that is not a task.
 */
export const asGeneratorTask = <R>(task: GeneratorTask<unknown, R>): Task<R> =>
  asTask(task as unknown as Task<R>);
