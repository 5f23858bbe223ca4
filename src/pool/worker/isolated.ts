/**
 * The same object, to which these methods belong from now on: tasks share the prototypes with it, and one that replaces a method
 * there must neither stop nor see what the thread does.
 */
export function isolated<T extends object>(object: T, ...methods: readonly (keyof T & string)[]): T {
  for (const name of methods) {
    const method = object[name] as (...args: unknown[]) => unknown;
    Object.defineProperty(object, name, { value: method.bind(object) });
  }
  return object;
}
