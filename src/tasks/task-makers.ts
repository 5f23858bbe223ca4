import { inspect } from 'node:util';
import { moduleUrl } from './module-url.ts';
import { internTarget, Task } from './task.ts';
import type { TaskOf } from './generator-task.ts';
import { noOptions } from './task-options.ts';

/** For each function that module `M` exports, a maker of tasks with the same parameters. */
export type TaskMakers<M> = {
  readonly [K in keyof M as M[K] extends (...args: never[]) => unknown ? K : never]: M[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => TaskOf<R>
    : never;
};

const itsModule = Symbol('module');

/** Properties that `await` and `JSON.stringify` read of any object: never names of tasks. */
const notTasks = new Set<PropertyKey>(['then', 'toJSON']);

/**
 * Refers to a task module without loading it. Each property of the returned object is a maker: called with arguments, it makes a
 * task for the export of that name. Whether the module has the export shows only in the thread.
 *
 * ```ts
 * const hashing = tasks<typeof import('./ready-made/hashing.js')>(new URL('./ready-made/hashing.js', import.meta.url));
 * const future = await executor.submit(hashing.sha256('disk.iso'));
 * ```
 *
 * @param module a `.js`, `.mjs`, `.cjs` or `.ts` module: its `URL`, a string with a scheme (`file:`, `data:`, `node:`), or
 *   its absolute path, which CommonJS has as `require.resolve('./ready-made/hashing.js')` and `__filename`.
 * @throws {InvalidTaskError} for a relative path and for any other value; the message says what to write instead.
 */
export function tasks<M>(module: URL | string): TaskMakers<M> {
  const url = moduleUrl(module);
  const makers = new Map<string, (...args: unknown[]) => Task<unknown>>();
  const proxy = new Proxy(targetFor(url), {
    get(target, name) {
      if (typeof name === 'symbol') return target[name];
      if (notTasks.has(name)) return undefined;
      let maker = makers.get(name);
      if (maker === undefined) {
        const target = internTarget(url, name);
        maker = (...args) => new Task(target, args, noOptions);
        makers.set(name, maker);
      }
      return maker;
    },
    set: () => false,
  });
  return proxy as TaskMakers<M>;
}

/** The URL of the module behind an object of task makers; undefined for any other object. */
export function moduleOf(makers: object): string | undefined {
  return (makers as { readonly [itsModule]?: string })[itsModule];
}

/** An object that has only its module's URL, and prints as "tasks of" that URL. */
function targetFor(url: string): Record<symbol, unknown> {
  const value = () => `tasks of ${url}`;
  return Object.create(null, {
    [itsModule]: { value: url },
    [Symbol.toPrimitive]: { value },
    [inspect.custom]: { value },
  }) as never;
}
