import { inspect } from 'node:util';
import { InvalidTaskError } from '../errors.ts';
import { show } from '../options.ts';
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
 * const hashing = tasks<typeof import('./hashing.js')>(new URL('./hashing.js', import.meta.url));
 * const future = await executor.submit(hashing.sha256('disk.iso'));
 * ```
 *
 * @param url of a `.js`, `.mjs`, `.cjs` or `.ts` module: a `URL`, or a string with a scheme (`file:`, `data:`,
 *   `node:`). A path is refused, since nobody could tell what it is relative to; `pathToFileURL` makes a URL of it.
 * @throws {InvalidTaskError} if `url` is no absolute URL.
 */
export function tasks<M>(url: URL | string): TaskMakers<M> {
  const module = absoluteUrl(url);
  const makers = new Map<string, (...args: unknown[]) => Task<unknown>>();
  const proxy = new Proxy(printable(`tasks of ${module}`), {
    get(target, name) {
      if (typeof name === 'symbol') return target[name];
      if (notTasks.has(name)) return undefined;
      let maker = makers.get(name);
      if (maker === undefined) {
        const target = internTarget(module, name);
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

function absoluteUrl(url: URL | string): string {
  // A scheme of one letter is a drive of Windows.
  const given = url instanceof URL ? url.href : url;
  if (typeof given === 'string' && URL.canParse(given) && !/^\s*[a-z]:/i.test(given))
    return new URL(given).href;
  throw new InvalidTaskError(
    `tasks() takes the module's URL, for example new URL('./hashing.js', import.meta.url), not ${show(url)}`,
  );
}
