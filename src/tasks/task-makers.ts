import { inspect } from 'node:util';
import { moduleUrl } from './module-url.ts';
import { internTarget, Task } from './task.ts';
import { noOptions } from './task-options.ts';

/** The functions of module `M`, each as a maker of tasks with the same parameters. */
export type TaskMakers<M> = {
  readonly [K in keyof M as M[K] extends (...args: never[]) => unknown ? K : never]: M[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Task<Awaited<R>>
    : never;
};

/** Read by `await` and `JSON.stringify` of whatever object they are given: never names of tasks. */
const notTasks = new Set<PropertyKey>(['then', 'toJSON']);

/**
 * Refers to a task module without loading it: for each function that the module exports, a maker of tasks.
 *
 * ```ts
 * const hashing = tasks<typeof import('./ready-made/hashing.js')>(new URL('./ready-made/hashing.js', import.meta.url));
 * const future = await executor.submit(hashing.sha256('disk.iso'));
 * ```
 *
 * @param module a `.js`, `.mjs`, `.cjs` or `.ts` module: its `URL`, a string with a scheme (`file:`, `data:`, `node:`), or
 *   its absolute path, which CommonJS has as `require.resolve('./ready-made/hashing.js')` and `__filename`.
 * @throws {InvalidTaskError} for a relative path and for anything else, with what to write instead.
 */
export function tasks<M>(module: URL | string): TaskMakers<M> {
  const url = moduleUrl(module);
  const makers = new Map<string, (...args: unknown[]) => Task<unknown>>();
  const proxy = new Proxy(printable(`tasks of ${url}`), {
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

/** An object that has nothing but an answer to whoever prints it. */
function printable(text: string): Record<symbol, unknown> {
  const value = () => text;
  return Object.create(null, { [Symbol.toPrimitive]: { value }, [inspect.custom]: { value } }) as never;
}
